"""Where the files of a data set are looked for, and how one is opened."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dlcore.errors import DataError

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Part = tuple[NDArray[np.uint8], NDArray[np.int64]]  # images and labels

VARIABLE = "DLCORE_DATA"


def data_root(name: str, root: str | Path | None = None) -> Path:
    """The folder that holds data sets: `root`, else what the environment's DLCORE_DATA names.

    Args:
        name: of the data set, for the error.

    Raises:
        DataError: neither is given.
    """
    chosen = os.environ.get(VARIABLE) if root is None else root
    if not chosen:
        raise DataError(
            name,
            expected=f"a folder that holds {name}",
            received=f"no root, and no {VARIABLE} in the environment",
            remedy=f"pass root or set {VARIABLE}; {get_it(name)}",
        )
    return Path(chosen)


def find_file(name: str, file: str, folders: Iterable[Path]) -> Path:
    """The first that is there of `file` and `file`.gz, folder by folder.

    Raises:
        DataError: none is there; says where it was looked for and how to get the data set `name`.
    """
    looked = list(folders)
    for folder in looked:
        for candidate in (folder / file, folder / f"{file}.gz"):
            if candidate.is_file():
                return candidate
    raise DataError(
        name,
        expected=f"file {file} or {file}.gz",
        received=f"neither in {' nor in '.join(map(str, looked))}",
        remedy=f"name another folder by root or {VARIABLE}; {get_it(name)}",
    )


def read_file(path: Path) -> bytes:
    """The whole content of a file.

    Raises:
        DataError: the system refuses.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> DataError:
    """What to raise when the system refuses a file or a folder."""
    return DataError(
        str(path),
        expected="to be allowed to read it",
        received=error.strerror or str(error),
        remedy="check the path and its permissions",
    )


def get_it(name: str) -> str:
    """How to download a data set, in words."""
    return f"`dlcore data {name} --data-dir FOLDER` downloads it into FOLDER"
