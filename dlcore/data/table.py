"""Tables as data sets: what turns a table's rows into arrays, fitted on the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dlcore.backend.base import HostArray
from dlcore.backend.interface.checks import require_option
from dlcore.data.cells import LARGEST, Table, shorten
from dlcore.data.dataset import Numbers
from dlcore.errors import DataError, OptionError

Task = Literal["classification", "regression"]
TASKS: tuple[Task, ...] = get_args(Task)
FORMAT = 1
MAX_CATEGORIES = 1000  # a column of more words is a name or a key, not a property


@dataclass(frozen=True)
class Numeric:
    """A column of numbers, and what they are standardised with."""

    name: str
    mean: float
    std: float


@dataclass(frozen=True)
class Nominal:
    """A column of words, and those that occur in the training rows."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """How rows become inputs and targets; made by `fit` from the training rows alone.

    Attributes:
        features: the input columns, in the table's order.
        target: the target column: nominal for classification, numeric for regression.
    """

    features: tuple[Numeric | Nominal, ...]
    target: Numeric | Nominal

    @classmethod
    def fit(cls, table: Table, target: str, rows: Numbers, task: Task | None = None) -> Columns:
        """Columns for a table.

        A column is numeric where all its cells in the training rows are numbers, else nominal.

        Args:
            table: whose columns but the target are the inputs.
            target: name of the column to predict.
            rows: numbers of the training rows, from 0.
            task: None decides by the target: words are classes, numbers are a regression, however
                few different ones there are.

        Raises:
            DataError: no such column, no other columns, no rows; fewer than two classes, a word in
                the target of a regression, or more than 1000 words in a column.
            OptionError: another task.
        """
        if task is not None:
            require_option("Columns.fit", "task", task, TASKS)
        _require_columns(table, [target])
        names = [name for name in table.cells if name != target]
        if not names or not len(rows):
            raise _error(
                table.source,
                f"columns beside the target {shorten(target)}, and training rows",
                f"{len(names)} columns and {len(rows)} rows",
                "add some",
            )
        answer = _fit(table, target, rows, task)
        if isinstance(answer, Nominal) and len(answer.categories) < 2:
            raise _error(
                table.source,
                f"two or more classes in column {shorten(target)}",
                f"only {answer.categories[0]}",
                "add rows of the others",
            )
        return cls(tuple(_fit(table, name, rows) for name in names), answer)

    @property
    def classes(self) -> tuple[str, ...]:
        """The words of the target, in the order of their labels; empty for a regression."""
        return self.target.categories if isinstance(self.target, Nominal) else ()

    @property
    def task(self) -> Task:
        """What is learnt."""
        return "classification" if self.classes else "regression"

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One for each input: the column's name, or column=word."""
        return tuple(
            name
            for feature in self.features
            for name in (
                [feature.name]
                if isinstance(feature, Numeric)
                else [f"{feature.name}={word}" for word in feature.categories]
            )
        )

    @property
    def target_scale(self) -> float:
        """What a difference of 1 between outputs is in the target's units; 1 for classes."""
        return self.target.std if isinstance(self.target, Numeric) else 1.0

    def inputs(self, table: Table) -> NDArray[np.float32]:
        """Inputs (N, F) of all rows; columns that are no inputs are ignored.

        A number becomes (number - mean) / std, of the training rows; std is 1 where all are equal.
        A word becomes one 1 among zeros, and all zeros if no training row has it.

        Raises:
            DataError: a column is missing, or a word stands where the training rows have numbers.
        """
        _require_columns(table, [feature.name for feature in self.features])
        inputs = np.zeros((len(table), len(self.feature_names)), np.float32)
        start = 0
        for feature in self.features:
            if isinstance(feature, Numeric):
                inputs[:, start] = _standardised(table, feature)
                start += 1
            else:
                labels = _labels(table, feature)
                known = np.flatnonzero(labels >= 0)
                inputs[known, start + labels[known]] = 1
                start += len(feature.categories)
        return inputs

    def targets(self, table: Table) -> HostArray:
        """Labels int64 (N,), or numbers float32 (N, 1) standardised as inputs are.

        Raises:
            DataError: the column is missing, or a cell is no class or no number.
        """
        _require_columns(table, [self.target.name])
        if isinstance(self.target, Numeric):
            return _standardised(table, self.target)[:, np.newaxis]
        labels = _labels(table, self.target)
        if (labels < 0).any():
            words = ", ".join(map(shorten, self.classes[:20]))
            raise table.error(int(labels.argmin()), self.target.name, f"a known class: {words}")
        return labels

    def unscale(self, predictions: HostArray) -> NDArray[np.float64]:
        """Outputs of a regression in the target's units.

        Raises:
            OptionError: the target is a class.
        """
        if isinstance(self.target, Nominal):
            raise OptionError(
                "unscale",
                expected="outputs of a regression",
                received=f"classes of {shorten(self.target.name)}",
                remedy="look the class up in classes",
            )
        return predictions.astype(np.float64) * self.target.std + self.target.mean

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        features = [asdict(feature) for feature in self.features]
        return {"format": FORMAT, "features": features, "target": asdict(self.target)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Columns:
        """What `to_json` gave.

        Raises:
            DataError: it is damaged, or of a newer format.
        """
        try:
            if content["format"] != FORMAT:
                raise ValueError(f"format {content['format']}")
            features = tuple(_column(feature) for feature in content["features"])
            return cls(features, _column(content["target"]))
        except (KeyError, TypeError, ValueError) as error:
            raise _error(
                "columns",
                f"the description of a table's columns, format {FORMAT}",
                str(error),
                "use a checkpoint that this version of dlcore can read",
            ) from error


def _column(content: Mapping[str, Any]) -> Numeric | Nominal:
    if "categories" in content:
        return Nominal(str(content["name"]), tuple(map(str, content["categories"])))
    return Numeric(str(content["name"]), float(content["mean"]), float(content["std"]))


def _fit(table: Table, name: str, rows: Numbers, task: Task | None = None) -> Numeric | Nominal:
    numbers = table.numbers[name][rows]
    words = np.flatnonzero(np.isnan(numbers))
    if task != "classification" and not words.size:
        # Of equal numbers the mean is rounded, so the deviation from it wouldn't be 0.
        std = float(numbers.std()) if np.ptp(numbers) else 0.0
        return Numeric(name, float(numbers.mean()), std or 1.0)
    if task == "regression":
        raise table.error(int(rows[words[0]]), name, "a number, as the task is regression")
    cells = table.cells[name]
    categories = sorted({cells[row] for row in rows})
    if len(categories) > MAX_CATEGORIES:
        raise _error(
            table.source,
            f"at most {MAX_CATEGORIES} different words in column {shorten(name)}",
            f"{len(categories)}",
            "remove the column, or write a number into each of its cells",
        )
    if not words.size:
        categories.sort(key=float)
        for one, other in pairwise(categories):
            if float(one) == float(other):
                raise _error(
                    table.source,
                    f"each class of column {shorten(name)} written in one way",
                    f"{one} and {other}",
                    "write them alike",
                )
    return Nominal(name, tuple(categories))


def _standardised(table: Table, column: Numeric) -> NDArray[np.float32]:
    values = (table.numbers[column.name] - column.mean) / column.std
    wrong = np.flatnonzero(~(abs(values) <= LARGEST))
    if wrong.size:
        expected = f"a number, not too far from the training rows' mean {column.mean:g}"
        raise table.error(int(wrong[0]), column.name, expected)
    return values.astype(np.float32)


def _labels(table: Table, column: Nominal) -> Numbers:
    """The category's number for each row, -1 where it is none."""
    places = {word: place for place, word in enumerate(column.categories)}
    return np.array([places.get(cell, -1) for cell in table.cells[column.name]], np.int64)


def _require_columns(table: Table, names: list[str]) -> None:
    missing = [name for name in names if name not in table.cells]
    if missing:
        raise _error(
            table.source,
            f"the column{'s' * (len(missing) > 1)} {', '.join(map(shorten, missing))}",
            f"the columns {', '.join(map(shorten, table.cells))}",
            "add what is missing, or name another column",
        )


def _error(source: str, expected: str, received: str, remedy: str) -> DataError:
    return DataError(source, expected=expected, received=received, remedy=remedy)
