"""The data sets that have a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dlcore.backend.interface.checks import require_option
from dlcore.data.cifar import (
    CIFAR10_CLASSES,
    CIFAR100_CLASSES,
    load_cifar10,
    load_cifar100,
)
from dlcore.data.dataset import ArrayDataset, Dataset, class_names
from dlcore.data.digits import load_digits
from dlcore.data.mnist import FASHION_MNIST_CLASSES, load_fashion_mnist, load_mnist
from dlcore.data.root import Split


def digits(split: Split, folder: Path | None = None) -> Dataset:
    """The bundled digits, 8 x 8 with values 0 to 1, enlarged to 28 x 28: each pixel 3 x 3."""
    images, labels = load_digits(split)
    large = np.kron(images.astype(np.float32) / 16, np.ones((1, 1, 3, 3), np.float32))
    images = np.pad(large, ((0, 0), (0, 0), (2, 2), (2, 2)))
    return ArrayDataset(images, labels, class_names(10))


def mnist(split: Split, folder: Path | None = None) -> Dataset:
    """MNIST from its idx files, 28 x 28 with values 0 to 255."""
    return ArrayDataset(*load_mnist(split, folder), class_names(10))


def fashion_mnist(split: Split, folder: Path | None = None) -> Dataset:
    """Fashion-MNIST from its idx files, 28 x 28 with values 0 to 255."""
    return ArrayDataset(*load_fashion_mnist(split, folder), FASHION_MNIST_CLASSES)


def cifar10(split: Split, folder: Path | None = None) -> Dataset:
    """CIFAR-10, 3 x 32 x 32 with values 0 to 255."""
    return ArrayDataset(*load_cifar10(split, folder), CIFAR10_CLASSES)


def cifar100(split: Split, folder: Path | None = None) -> Dataset:
    """CIFAR-100, 3 x 32 x 32 with values 0 to 255."""
    return ArrayDataset(*load_cifar100(split, folder), CIFAR100_CLASSES)


DATASETS: dict[str, Callable[[Split, Path | None], Dataset]] = {
    "digits": digits,
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
    "cifar100": cifar100,
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
