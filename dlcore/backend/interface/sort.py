"""Elements in order along an axis."""

from __future__ import annotations

from dlcore.backend.interface.array import Array, int64, like
from dlcore.backend.interface.checks import axis_in
from dlcore.backend.interface.primitive import primitive


@primitive
def sort(x: Array, *, axis: int, descending: bool) -> tuple[Array, Array]:
    """Y = x in order along `axis`, and where each element was: y[i] = x[index[i]].

    Equal elements keep their order. NaN counts as larger than all numbers; -0 and 0 are equal.

    Shapes: x, y, index (int64): one shape. Layout: y and index keep x's memory order. Dtypes: all.

    Raises:
        ShapeError: x has no such axis.
    """
    axis_in("sort", axis, x.ndim)
    return like(x), like(x, int64)
