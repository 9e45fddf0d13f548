"""From raw data to a network's inputs, and from its outputs to answers; saved with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.backend.base import HostArray
from dlcore.data.cells import read_table
from dlcore.data.dataset import Dataset
from dlcore.data.image import open_image
from dlcore.data.normalize import Normalize
from dlcore.data.table import Columns
from dlcore.errors import DataError


@dataclass(frozen=True)
class Preparation:
    """Fitted on training data alone.

    Attributes:
        shape: of one input: (C, H, W) of images, (F,) of a table's rows.
        classes: names in the order of their labels; empty where the target is a number.
        normalize: of images.
        columns: of a table.
    """

    shape: tuple[int, ...]
    classes: tuple[str, ...]
    normalize: Normalize | None = None
    columns: Columns | None = None

    @classmethod
    def fit(cls, training: Dataset, columns: Columns | None = None) -> Preparation:
        """For the data set of a run.

        Args:
            training: images, or the rows of a table.
            columns: that made the rows, None for images.
        """
        normalize = Normalize.fit(training) if columns is None else None
        return cls(training.shape, training.classes, normalize, columns)

    @property
    def outputs(self) -> int:
        """How many the network has."""
        return len(self.classes) or 1

    @property
    def target_scale(self) -> float:
        """What a difference of 1 in the outputs is in the target's units."""
        return 1.0 if self.columns is None else self.columns.target_scale

    def read(self, path: Path) -> HostArray:
        """The inputs in a file to predict: one of an image, one for each row of a table.

        Raises:
            DataError: the file can't be read, or is of another kind than the training data.
        """
        if self.columns is not None:
            return self.columns.inputs(read_table(path))
        assert self.normalize is not None
        channels, height, width = self.shape
        return self.normalize(open_image(path, (height, width), channels)[np.newaxis])

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {
            "shape": list(self.shape),
            "classes": list(self.classes),
            "normalize": None if self.normalize is None else self.normalize.to_json(),
            "columns": None if self.columns is None else self.columns.to_json(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Preparation:
        """What `to_json` gave.

        Raises:
            DataError: a part is missing.
        """
        try:
            normalize, columns = content["normalize"], content["columns"]
            return cls(
                tuple(content["shape"]),
                tuple(content["classes"]),
                None if normalize is None else Normalize.from_json(normalize),
                None if columns is None else Columns.from_json(columns),
            )
        except (KeyError, TypeError) as error:
            raise DataError(
                "preparation",
                expected="shape, classes, normalize and columns",
                received=f"content without {error}",
                remedy="use a checkpoint that dlcore has written",
            ) from error
