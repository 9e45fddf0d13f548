"""Moving values between layouts and dtypes."""

from __future__ import annotations

from dlcore.backend.interface.array import Array, Dtype, Spec
from dlcore.backend.interface.primitive import primitive


@primitive
def copy(x: Array, *, dtype: Dtype, order: tuple[int, ...]) -> Array:
    """Y = x, converted to `dtype`, gap-free in memory order `order`.

    Shapes: any. Floats round to nearest, ties to even; too large becomes Inf. Float to integer
    truncates toward zero, and is unspecified for NaN, Inf and values out of range.
    Anything to bool is x != 0.
    """
    return Spec(x.shape, dtype, order)


@primitive
def fill(*, shape: tuple[int, ...], dtype: Dtype, order: tuple[int, ...], value: float) -> Array:
    """Y = value everywhere."""
    return Spec(shape, dtype, order)
