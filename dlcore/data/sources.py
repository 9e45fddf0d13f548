"""The data sets that can be named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np

from dlcore.backend.interface.checks import require_option
from dlcore.data.dataset import ArrayDataset, Dataset, class_names
from dlcore.data.digits import load_digits
from dlcore.data.mnist import load_mnist

Split = Literal["train", "test"]


def digits(split: Split, folder: Path | None = None) -> Dataset:
    """The bundled digits, 8 x 8 with values 0 to 1, enlarged to 28 x 28: each pixel 3 x 3."""
    images, labels = load_digits(split)
    large = np.kron(images.astype(np.float32) / 16, np.ones((1, 1, 3, 3), np.float32))
    images = np.pad(large, ((0, 0), (0, 0), (2, 2), (2, 2)))
    return ArrayDataset(images, labels, class_names(10))


def mnist(split: Split, folder: Path | None = None) -> Dataset:
    """MNIST from its idx files, 28 x 28 with values 0 to 255."""
    images, labels = load_mnist(split, folder)
    return ArrayDataset(images, labels, class_names(10))


DATASETS: dict[str, Callable[[Split, Path | None], Dataset]] = {
    "digits": digits,
    "mnist": mnist,
}


def load(name: str, split: Split, folder: Path | None = None) -> Dataset:
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
