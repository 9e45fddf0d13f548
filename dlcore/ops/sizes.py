"""Shapes as users write them: `f(2, 3)`, `f((2, 3))` or `f([2, 3])`."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from dlcore.backend.interface.array import Shape
from dlcore.errors import ShapeError


def sizes_of(size: Sequence[Any]) -> tuple[int, ...]:
    """The numbers in `*size`, whether given one by one or as one sequence.

    Raises:
        ShapeError: not integers.
    """
    lengths = size[0] if len(size) == 1 and isinstance(size[0], Sequence | np.ndarray) else size
    try:
        return tuple(index(length) for length in lengths)
    except TypeError as error:
        raise ShapeError(
            "size",
            expected="lengths or axes as integers",
            received=repr(size),
            remedy="write them one by one, or as one tuple",
        ) from error


def shape_of(operation: str, size: Sequence[Any]) -> Shape:
    """The shape of a new tensor.

    Raises:
        ShapeError: a negative length.
    """
    shape = sizes_of(size)
    if any(length < 0 for length in shape):
        raise ShapeError(
            operation,
            expected="lengths of at least 0",
            received=f"size {shape}",
            remedy="give the length of every axis",
        )
    return shape
