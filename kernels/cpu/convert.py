"""Arrays of 16-bit floats to float32 and back, by vector code."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.cpu.bits16 import narrow, widen
from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import Target, host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value

Array = np.ndarray[Any, Any]


def widening(target: Target, dtype: str) -> Any:
    """The intrinsic that makes `count` float32 numbers at y of 16-bit ones at x."""

    @vector_code(target)
    def convert(v: Emitter, x: Value, y: Value, count: Value) -> None:
        def step(i: Value, mask: Value | None) -> None:
            v.store(widen(v, v.load(x + i * 2, "uint16", mask), dtype), y + i * 4, mask)

        v.each(count, step)

    return convert


def narrowing(target: Target, dtype: str) -> Any:
    """The intrinsic that makes `count` 16-bit numbers at y of float32 ones at x."""

    @vector_code(target)
    def convert(v: Emitter, x: Value, y: Value, count: Value) -> None:
        def step(i: Value, mask: Value | None) -> None:
            v.store(narrow(v, v.load(x + i * 4, mask=mask), dtype), y + i * 2, mask)

        v.each(count, step)

    return convert


_from_bfloat, _to_bfloat = widening(host(), "bfloat16"), narrowing(host(), "bfloat16")
_from_half, _to_half = widening(host(), "float16"), narrowing(host(), "float16")


@compiled
def _widen_bfloat(x: int, y: int, count: int) -> None:
    _from_bfloat(x, y, count)


@compiled
def _widen_half(x: int, y: int, count: int) -> None:
    _from_half(x, y, count)


@compiled
def _narrow_bfloat(x: int, y: int, count: int) -> None:
    _to_bfloat(x, y, count)


@compiled
def _narrow_half(x: int, y: int, count: int) -> None:
    _to_half(x, y, count)


WIDEN = {"bfloat16": _widen_bfloat, "float16": _widen_half}
NARROW = {"bfloat16": _narrow_bfloat, "float16": _narrow_half}


def wide(x: Array) -> Array:
    """A float32 copy of a float16 or bfloat16 array, its axes in the same order in memory."""
    y = np.empty_like(x, np.float32)
    if [2 * stride for stride in x.strides] != list(y.strides):  # gaps, or not in this order
        x = np.ascontiguousarray(x)
        y = np.empty(x.shape, np.float32)
    WIDEN[x.dtype.name](x.ctypes.data, y.ctypes.data, x.size)
    return y


def rounded(x: Array, y: Array) -> None:
    """Fill y, float16 or bfloat16 of any strides, with the numbers of x: float32, C order."""
    target = y if y.flags.c_contiguous else np.empty(y.shape, y.dtype)
    NARROW[y.dtype.name](x.ctypes.data, target.ctypes.data, x.size)
    if target is not y:
        y[...] = target
