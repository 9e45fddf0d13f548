"""Values repeated, in copies: composed of views and a reshape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlcore.backend.interface.checks import axis_in
from dlcore.errors import ShapeError
from dlcore.ops.attach import method, methods
from dlcore.ops.shape import expand, flatten, reshaped, unsqueeze
from dlcore.ops.sizes import sizes_of
from dlcore.tensors import Tensor


@method
def repeat(x: Tensor, *repeats: Any) -> Tensor:
    """`x` laid side by side, so many times along each axis; a copy.

    >>> import dlcore as dl
    >>> dl.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]], dtype=int64)

    Raises:
        ShapeError: fewer numbers than axes, or negative ones.
    """
    times = sizes_of(repeats)
    if len(times) < x.ndim or any(number < 0 for number in times):
        raise ShapeError(
            "repeat",
            expected=f"at least {x.ndim} numbers, none negative",
            received=f"{times} for shape {x.shape}",
            remedy="give a number for every axis, 1 to leave it",
        )
    shape = (1,) * (len(times) - x.ndim) + x.shape
    pairs = [(number, length) for number, length in zip(times, shape, strict=True)]
    between = reshaped("repeat", x, tuple(part for _, length in pairs for part in (1, length)))
    spread = expand(between, tuple(part for pair in pairs for part in pair))
    return reshaped("repeat", spread, tuple(number * length for number, length in pairs))


def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """As `repeat`; axes at the front that `dims` leaves out are repeated once."""
    return repeat(input, (1,) * (input.ndim - len(dims)) + tuple(dims))


@methods("tile")
def _tile_method(x: Tensor, *dims: Any) -> Tensor:
    """As the function `tile`."""
    return tile(x, sizes_of(dims))


@method
def repeat_interleave(input: Tensor, repeats: int, dim: int | None = None) -> Tensor:
    """Each slice along `dim` so many times in a row; along the flattened tensor if None.

    >>> import dlcore as dl
    >>> dl.tensor([1, 2]).repeat_interleave(2)
    tensor([1, 1, 2, 2], dtype=int64)
    """
    if dim is None or not input.ndim:
        input, dim = flatten(input), dim or 0
    axis = axis_in("repeat_interleave", dim, input.ndim)
    if repeats < 0:
        raise ShapeError(
            "repeat_interleave",
            expected="a number of at least 0",
            received=str(repeats),
            remedy="give how many times each slice is wanted",
        )
    front, length, rest = input.shape[:axis], input.shape[axis], input.shape[axis + 1 :]
    spread = expand(unsqueeze(input, axis + 1), (*front, length, repeats, *rest))
    return reshaped("repeat_interleave", spread, (*front, length * repeats, *rest))
