"""The metrics that belong together, and their table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlcore.backend.base import Backend
from dlcore.columns import aligned
from dlcore.train.classification import ConfusionMatrix, TopK
from dlcore.train.metric import Metric, MetricCollection
from dlcore.train.regression import MAE, R2, RMSE

LARGEST_TABLE = 20
"""Classes up to which a confusion matrix can still be read."""

AVERAGED = ("precision", "recall", "f1")
"""What each class has, and all together as the mean."""


def classification_metrics(
    classes: Sequence[str], *, ignore_index: int = -100, device: str | Backend = "cpu"
) -> MetricCollection:
    """All that `ConfusionMatrix` gives, and top5 where there are more than 5 classes.

    The headline is accuracy.
    """
    metrics: list[Metric] = [ConfusionMatrix(classes, ignore_index=ignore_index, device=device)]
    if len(classes) > 5:
        metrics.append(TopK(5, ignore_index=ignore_index, device=device))
    return MetricCollection(metrics)


def regression_metrics(
    scale: float = 1.0, outputs: int = 1, *, device: str | Backend = "cpu"
) -> MetricCollection:
    """The root mean squared and the mean absolute error in the target's units, and R2.

    The headline is rmse.

    Args:
        scale: see `MAE`.
        outputs: how many numbers a target has.
        device: where the outputs will be.
    """
    return MetricCollection(
        [RMSE(scale, device=device), MAE(scale, device=device), R2(outputs, device=device)]
    )


def report(result: Mapping[str, Any]) -> str:
    """What a metric's `compute` gave, as a table.

    For classes a line each; their confusion matrix where there are at most 20.

    >>> print(report({"rmse": 0.25, "r2": None}))
    rmse  0.2500
    r2         -
    """
    in_table = AVERAGED if "classes" in result else ()
    figures = {
        name: value
        for name, value in result.items()
        if name not in in_table and not isinstance(value, list)
    }
    blocks = [aligned([(name, _number(value)) for name, value in figures.items()], right={1})]
    if "classes" in result:
        blocks.append(_class_table(result))
        if len(result["classes"]) <= LARGEST_TABLE:
            blocks.append(_confusion_table(result))
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _class_table(result: Mapping[str, Any]) -> list[str]:
    total = sum(one["support"] for one in result["classes"])
    averages = {name: result[name] for name in AVERAGED}
    rows = [
        (row["name"], *(_number(row[name]) for name in AVERAGED), str(row["support"]))
        for row in (*result["classes"], {"name": "mean", **averages, "support": total})
    ]
    return aligned([("", *AVERAGED, "support"), *rows], right={1, 2, 3, 4})


def _confusion_table(result: Mapping[str, Any]) -> list[str]:
    """True classes in rows; columns are numbered, as names rarely fit."""
    table = [list(row) for row in result["confusion"]]
    header = ["true \\ predicted", *map(str, range(len(table)))]
    if any(result["undecided"]):
        header.append("NaN")
        table = [[*row, count] for row, count in zip(table, result["undecided"], strict=True)]
    rows = [
        [f"{label} {one['name']}", *map(str, row)]
        for label, (one, row) in enumerate(zip(result["classes"], table, strict=True))
    ]
    return aligned([header, *rows], right=range(1, len(header)))
