"""Copies between memory of any strides, converted where the dtypes differ."""

from __future__ import annotations

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.elements import Body, each
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.storage import SIZES, name_of
from dlcore.kernels.cpu.transposed import transposed
from dlcore.kernels.cpu.values import Value

BITS = {1: "bits8", 2: "bits16", 4: "bits32", 8: "bits64"}


def move(x: Array, y: Array) -> None:
    """Y = x: of one dtype, or between float32, float16 and bfloat16."""
    if 0 in x.shape:
        return
    dtypes = name_of(x), name_of(y)
    if x.dtype == y.dtype:
        dtypes = BITS[x.dtype.itemsize], BITS[x.dtype.itemsize]
    if not transposed(x, y, dtypes):
        each("copy", _make, [x], [y], dtypes=dtypes)


def set_all(y: Array, value: float) -> None:
    """Y = value everywhere, rounded to float32, float16 or bfloat16."""
    each("fill", _make_number, [], [y], [float(y.dtype.type(value))])


def movable(x: Array, y: Array) -> bool:
    """Whether `move` takes them."""
    if x.dtype == y.dtype:
        return x.dtype.itemsize in BITS and x.dtype.kind != "c"
    return name_of(x) in SIZES and name_of(y) in SIZES


def _make() -> Body:
    def body(v: Emitter, values: list[Value], numbers: list[Value]) -> list[Value]:
        return values

    return body


def _make_number() -> Body:
    def body(v: Emitter, values: list[Value], numbers: list[Value]) -> list[Value]:
        return numbers

    return body
