"""Windows over one or two axes: rows are images of height 1, and one number stands for all axes."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

from dlcore.backend.interface.array import Array
from dlcore.errors import OptionError, ShapeError
from dlcore.kernels.geometry import Pair
from dlcore.tensors import Tensor

Size = int | Sequence[int]
LETTERS = {1: "N C L or C L", 2: "N C H W or C H W"}


class View(NamedTuple):
    """How an input becomes what a primitive wants, such as N C H W, and a result what it was."""

    forth: tuple[Any, ...]
    home: tuple[Any, ...]

    def image(self, array: Array) -> Array:
        """`array` with the axes that the primitive wants."""
        return array[self.forth]

    def back(self, array: Array) -> Array:
        """A result with the axes that the input had."""
        return array[self.home]


def view_of(operation: str, x: Tensor, axes: int) -> View:
    """The view of an input with one axis (N C L or C L) or two (N C H W or C H W).

    Raises:
        ShapeError: another number of axes.
    """
    if x.ndim not in (axes + 1, axes + 2):
        raise ShapeError(
            operation,
            expected=f"an input with {axes + 2} axes, or {axes + 1} for one without a batch "
            f"({LETTERS[axes]})",
            received=f"input of shape {x.shape}",
            remedy="reshape it, or add the missing axis with unsqueeze",
        )
    every = slice(None)
    batched = x.ndim == axes + 2
    row = axes == 1
    return View(
        (every if batched else None, every, *([None] if row else [])),
        (every if batched else 0, every, *([0] if row else [])),
    )


def pair(operation: str, argument: str, value: Size, axes: int, one_row: int) -> Pair:
    """One number, or one for each axis, as (vertical, horizontal).

    With one axis the vertical number is `one_row`.

    Raises:
        OptionError: not integers, or another number of them.
    """
    values = tuple(value) if isinstance(value, Sequence) else (value,)
    if len(values) == 1:
        values *= axes
    if len(values) != axes or not all(isinstance(number, Integral) for number in values):
        raise OptionError(
            operation,
            expected=f"{argument} as an integer" + (" or two of them" if axes == 2 else ""),
            received=f"{argument}={value!r}",
            remedy="give one number, or one for each axis of the image",
        )
    return (int(values[0]), int(values[1])) if axes == 2 else (one_row, int(values[0]))
