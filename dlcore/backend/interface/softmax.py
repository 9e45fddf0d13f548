"""Softmax and its logarithm along one axis."""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS, Array, like
from dlcore.backend.interface.checks import axis_in, require_dtype, require_same_dtype
from dlcore.backend.interface.primitive import primitive


@primitive
def softmax(x: Array, *, axis: int) -> Array:
    """Y = exp(x - max x) / sum exp(x - max x) along `axis`.

    Shapes: x, y: any shape with that axis. Layout: y keeps x's memory order.
    Dtypes: floats; the sum accumulates in fp32 (float64 for float64), y is rounded once.
    A row that holds NaN or +Inf, or only -Inf, is NaN throughout.

    Raises:
        DtypeError: x is not floating point.
        ShapeError: x has no such axis.
    """
    require_dtype("softmax", "x", x, FLOATS)
    axis_in("softmax", axis, x.ndim)
    return like(x)


@primitive
def softmax_gradient(dy: Array, y: Array, *, axis: int) -> Array:
    """Dx = y (dy - sum(dy y)) along `axis`, from the result y of `softmax`.

    Shapes, layout, dtypes, accumulation: as `softmax`; dy and y have one shape and dtype.
    """
    require_same_dtype("softmax_gradient", dy=dy, y=y)
    return like(y)


@primitive
def log_softmax(x: Array, *, axis: int) -> Array:
    """Y = x - max x - log(sum exp(x - max x)) along `axis`.

    Shapes, layout, dtypes, errors: as `softmax`. A single -Inf stays -Inf.
    """
    require_dtype("log_softmax", "x", x, FLOATS)
    axis_in("log_softmax", axis, x.ndim)
    return like(x)


@primitive
def log_softmax_gradient(dy: Array, y: Array, *, axis: int) -> Array:
    """Dx = dy - exp(y) sum(dy) along `axis`, from the result y of `log_softmax`.

    Shapes, layout, dtypes, accumulation: as `softmax`; dy and y have one shape and dtype.
    """
    require_same_dtype("log_softmax_gradient", dy=dy, y=y)
    return like(y)
