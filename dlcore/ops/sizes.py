"""Shapes as users write them: `f(2, 3)`, `f((2, 3))` or `f([2, 3])`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore.backend.interface.array import Shape
from dlcore.errors import ShapeError


def sizes_of(size: Sequence[Any]) -> tuple[int, ...]:
    """The numbers in `*size`, whether given one by one or as one sequence."""
    if len(size) == 1 and isinstance(size[0], Sequence | np.ndarray):
        return tuple(int(length) for length in size[0])
    return tuple(int(length) for length in size)


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
