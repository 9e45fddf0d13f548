"""MNIST, and every data set that ships under the same four file names (Fashion-MNIST, KMNIST).

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-Based Learning Applied to Document
Recognition (1998).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dlcore.data.idx import read_idx
from dlcore.errors import DataError, OptionError

STEMS = {"train": "train", "test": "t10k"}
CLASSES = 10


def load_mnist(
    split: Literal["train", "test"], root: str | Path | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of one part of MNIST, read from the official files.

    The files are looked for in `root` and `root/mnist`, plain or gzipped. Without `root` it is
    the folder that the environment variable DLCORE_DATA names.

    Shapes: images uint8 (N, 1, 28, 28) with values 0 to 255, labels int64 (N,) from 0 to 9.

    Raises:
        OptionError: `split` is neither "train" nor "test".
        DataError: a file is missing, damaged, or not what its name says.
    """
    if split not in STEMS:
        raise OptionError(
            "load_mnist", expected='"train" or "test"', received=repr(split), remedy="choose one"
        )
    folders = _folders(root)
    images_path = _find(f"{STEMS[split]}-images-idx3-ubyte", folders)
    labels_path = _find(f"{STEMS[split]}-labels-idx1-ubyte", folders)
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
    if labels.max(initial=0) >= CLASSES:
        raise DataError(
            str(labels_path),
            expected=f"labels from 0 to {CLASSES - 1}",
            received=f"label {labels.max()} at index {labels.argmax()}",
            remedy="use a data set of ten classes",
        )
    return images[:, np.newaxis], labels.astype(np.int64)


def _folders(root: str | Path | None) -> tuple[Path, Path]:
    chosen = os.environ.get("DLCORE_DATA") if root is None else root
    if not chosen:
        raise DataError(
            "load_mnist",
            expected="a folder that holds the MNIST files",
            received="no root, and no DLCORE_DATA in the environment",
            remedy="pass root or set DLCORE_DATA",
        )
    return Path(chosen), Path(chosen) / "mnist"


def _find(name: str, folders: tuple[Path, ...]) -> Path:
    for folder in folders:
        for candidate in (folder / name, folder / f"{name}.gz"):
            if candidate.is_file():
                return candidate
    raise DataError(
        "load_mnist",
        expected=f"file {name} or {name}.gz",
        received=f"neither in {' nor in '.join(map(str, folders))}",
        remedy="download the four MNIST files into one of these folders, "
        "or name another by root or DLCORE_DATA",
    )


def _check(path: Path, expected: str, array: NDArray[Any], fits: bool) -> None:
    if array.dtype != np.uint8 or not fits:
        raise DataError(
            str(path),
            expected=expected,
            received=f"{array.dtype} {array.shape}",
            remedy="check that no file was renamed to another's name",
        )
