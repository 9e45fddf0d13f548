"""MNIST and Fashion-MNIST: two data sets of one format, under the same four file names.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-Based Learning Applied to Document
Recognition (1998); H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST (2017), arXiv:1708.07747.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.backend.interface.checks import require_option
from dlcore.data.dataset import check_labels, class_names
from dlcore.data.idx import read_idx
from dlcore.data.root import SPLITS, Part, Split, data_root, find_file
from dlcore.errors import DataError

STEMS = {"train": "train", "test": "t10k"}
MNIST_CLASSES = class_names(10)
FASHION_MNIST_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def load_mnist(split: Split, root: str | Path | None = None) -> Part:
    """Images and labels of one part of MNIST, read from the official files.

    The files are looked for in `root`, `root/mnist` and `root/MNIST/raw`, plain or gzipped.
    Without `root` it is the folder that the environment variable DLCORE_DATA names.

    Shapes: images uint8 (N, 1, 28, 28) with values 0 to 255, labels int64 (N,) from 0 to 9.

    Raises:
        OptionError: `split` is neither "train" nor "test".
        DataError: a file is missing, damaged, or not what its name says.
    """
    require_option("load_mnist", "split", split, SPLITS)
    folder = data_root("mnist", root)
    return _load("mnist", split, (folder, folder / "mnist", folder / "MNIST" / "raw"))


def load_fashion_mnist(split: Split, root: str | Path | None = None) -> Part:
    """Images and labels of one part of Fashion-MNIST; the classes are FASHION_MNIST_CLASSES.

    The files are looked for in `root/fashion-mnist`, `root/FashionMNIST/raw`, and last in `root`
    itself: MNIST's have the same names, so each wants a folder of its own.

    Shapes and errors are those of `load_mnist`.
    """
    require_option("load_fashion_mnist", "split", split, SPLITS)
    folder = data_root("fashion-mnist", root)
    folders = (folder / "fashion-mnist", folder / "FashionMNIST" / "raw", folder)
    return _load("fashion-mnist", split, folders)


def _load(name: str, split: Split, folders: tuple[Path, ...]) -> Part:
    images_path = find_file(name, f"{STEMS[split]}-images-idx3-ubyte", folders)
    # Labels from the images' folder only: elsewhere they may be another data set's.
    labels_path = find_file(name, f"{STEMS[split]}-labels-idx1-ubyte", [images_path.parent])
    images, labels = read_idx(images_path), read_idx(labels_path)
    _check(images_path, "images: uint8 (N, 28, 28)", images, images.shape[1:] == (28, 28))
    _check(labels_path, "labels: uint8 (N,)", labels, labels.ndim == 1)
    if len(images) != len(labels):
        raise DataError(
            str(labels_path),
            expected=f"{len(images)} labels, one for each image in {images_path.name}",
            received=f"{len(labels)}",
            remedy="take both files from the same data set",
        )
    check_labels(str(labels_path), labels, MNIST_CLASSES)
    return images[:, np.newaxis], labels.astype(np.int64)


def _check(path: Path, expected: str, array: NDArray[Any], fits: bool) -> None:
    if array.dtype != np.uint8 or not fits:
        raise DataError(
            str(path),
            expected=expected,
            received=f"{array.dtype} {array.shape}",
            remedy="check that no file was renamed to another's name",
        )
