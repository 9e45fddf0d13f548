"""Data sets that lie in memory, and the ones that can be named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dlcore.backend.base import HostArray
from dlcore.backend.interface.checks import require_option
from dlcore.data.digits import load_digits
from dlcore.data.mnist import load_mnist
from dlcore.errors import DataError

Split = Literal["train", "test"]


@dataclass(frozen=True)
class ArrayDataset:
    """Samples and targets in two host arrays.

    Attributes:
        inputs: (N, ...): axis 0 counts the samples.
        targets: (N, ...): class labels int64 (N,), or whatever the loss takes.
        classes: how many classes the labels name, 0 if they are no labels.

    Raises:
        DataError: inputs and targets of different lengths, or a label outside the classes.
    """

    inputs: HostArray
    targets: HostArray
    classes: int = 0

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise DataError(
                "data set",
                expected=f"a target for each of {len(self.inputs)} samples",
                received=f"{len(self.targets)} targets",
                remedy="take both from the same source",
            )
        if self.classes and self.targets.size:
            wrong = np.flatnonzero((self.targets < 0) | (self.targets >= self.classes))
            if wrong.size:
                raise DataError(
                    "data set",
                    expected=f"labels from 0 to {self.classes - 1}",
                    received=f"label {self.targets[wrong[0]]} at sample {wrong[0]}",
                    remedy="correct the labels, or say how many classes there are",
                )

    def __len__(self) -> int:
        return len(self.inputs)


def digits(split: Split, folder: Path | None = None) -> ArrayDataset:
    """The bundled digits, 8 x 8 with values 0 to 1, enlarged to 28 x 28: each pixel 3 x 3."""
    images, labels = load_digits(split)
    large = np.kron(images.astype(np.float32) / 16, np.ones((1, 1, 3, 3), np.float32))
    return ArrayDataset(np.pad(large, ((0, 0), (0, 0), (2, 2), (2, 2))), labels, 10)


def mnist(split: Split, folder: Path | None = None) -> ArrayDataset:
    """MNIST from its idx files, 28 x 28 with values 0 to 255."""
    images, labels = load_mnist(split, folder)
    return ArrayDataset(images, labels, 10)


DATASETS: dict[str, Callable[[Split, Path | None], ArrayDataset]] = {
    "digits": digits,
    "mnist": mnist,
}


def load(name: str, split: Split, folder: Path | None = None) -> ArrayDataset:
    """A named data set.

    Args:
        name: one of `DATASETS`.
        split: "train" or "test".
        folder: where its files are; else the environment variable DLCORE_DATA says.

    Raises:
        OptionError: no data set has this name. DataError: its files are missing or damaged.
    """
    require_option("data", "name", name, DATASETS)
    return DATASETS[name](split, folder)
