"""Random bits as a pure function of where they are needed, and what is made of them.

Philox4x32-10 turns a counter and a key into four 32-bit words. The counter is
(element // 4, row, call, step): a row is a sample, that is a place on axis 0; `element` counts
within a row in the order of the shape, whatever the memory order. The key stands for seed and
purpose, `call` for the how many-th draw with this key within the step. `clock` holds what changes
from step to step, [step, global number of row 0], on the device, so that a recorded step draws
afresh at each replay.
Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
"""

from __future__ import annotations

from dlcore.backend.interface.array import (
    FLOATS,
    Array,
    Dtype,
    Shape,
    Spec,
    boolean,
    like,
    uint32,
)
from dlcore.backend.interface.checks import names, require_dtype
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import DtypeError, OptionError, ShapeError

Key = tuple[int, int]
EVERY = 2**32
"""The threshold that every 32-bit number is below."""


@primitive
def random_bits(
    clock: Array, *, shape: Shape, order: tuple[int, ...], key: Key, call: int
) -> Array:
    """Bits[row, element] = word element % 4 of philox((element // 4, row, call, step), key).

    Shapes: clock: (2,), uint32; bits: `shape`, uint32, gap-free in memory order `order`.
    Rows count from clock[1] and wrap around at 2**32.

    Raises:
        ShapeError, DtypeError: clock is not two uint32 words.
    """
    _require_clock("random_bits", clock)
    return Spec(shape, uint32, order)


@primitive
def uniform(
    clock: Array, *, shape: Shape, order: tuple[int, ...], dtype: Dtype, key: Key, call: int
) -> Array:
    """Y = floor(bits / 2**(32 - d)) / 2**d: multiples of 2**-d from 0 to below 1.

    d is what the dtype holds exactly: 32 for float64, 24 for float32, 11 for float16, 8 for
    bfloat16. Shapes, layout: as `random_bits`.

    Raises:
        DtypeError: dtype is not floating point.
    """
    _require_clock("uniform", clock)
    if dtype not in FLOATS:
        raise DtypeError(
            "uniform",
            expected=f"dtype {names(FLOATS)}",
            received=dtype.name,
            remedy="draw integers with dl.randint",
        )
    return Spec(shape, dtype, order)


@primitive
def bernoulli(
    clock: Array,
    *,
    shape: Shape,
    order: tuple[int, ...],
    key: Key,
    call: int,
    threshold: int,
) -> Array:
    """Y = bits < threshold: True with probability threshold / 2**32.

    Shapes, layout: as `random_bits`; y is bool. No rounding is involved, so all devices agree.

    Raises:
        OptionError: threshold is not from 0 to 2**32.
    """
    _require_clock("bernoulli", clock)
    if not 0 <= threshold <= EVERY:
        raise OptionError(
            "bernoulli",
            expected="a threshold from 0 to 2**32",
            received=str(threshold),
            remedy="give the probability times 2**32, rounded",
        )
    return Spec(shape, boolean, order)


@primitive
def masked_scale(x: Array, mask: Array, *, scale: float) -> Array:
    """Y = x * scale where mask, 0 elsewhere (also where x is NaN or Inf).

    Shapes: x, mask, y: one shape; mask is bool. Layout: y keeps x's memory order.
    Dtypes: floats; 16 bits are multiplied in fp32 and rounded once.

    Raises:
        ShapeError, DtypeError: x and mask do not fit.
    """
    require_dtype("masked_scale", "x", x, FLOATS)
    require_dtype("masked_scale", "mask", mask, {boolean})
    if x.shape != mask.shape:
        raise ShapeError(
            "masked_scale",
            expected=f"a mask of x's shape {x.shape}",
            received=f"a mask of shape {mask.shape}",
            remedy="broadcast the mask first",
        )
    return like(x)


def _require_clock(operation: str, clock: Array) -> None:
    require_dtype(operation, "clock", clock, {uint32})
    if clock.shape != (2,):
        raise ShapeError(
            operation,
            expected="a clock of shape (2,): step and first row",
            received=f"shape {clock.shape}",
            remedy="take it from dlcore.random.draw",
        )
