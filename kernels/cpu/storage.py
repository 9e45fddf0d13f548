"""Numbers as arrays store them, float32 as kernels compute with them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from dlcore.kernels.cpu.bits16 import narrow, widen
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value

SIZES = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of a number, by the dtypes that kernels take."""


def name_of(x: np.ndarray[Any, Any] | None) -> str:
    """The name of an array's dtype, which NumPy takes 3 us to tell; "" for no array."""
    return "" if x is None else _name(x.dtype)


@cache
def _name(dtype: np.dtype[Any]) -> str:
    return dtype.name


def read(v: Emitter, address: Value, dtype: str, mask: Value | None = None) -> Value:
    """A float32 vector of the numbers at an address; 0 in the lanes where `mask` is off."""
    if dtype == "float32":
        return v.load(address, mask=mask)
    return widen(v, v.load(address, "uint16", mask), dtype)


def read_one(v: Emitter, address: Value, dtype: str) -> Value:
    """The number at an address in all lanes, as float32."""
    if dtype == "float32":
        return v.broadcast(address)
    return widen(v, v.broadcast(address, "uint16"), dtype)


def write(v: Emitter, x: Value, address: Value, dtype: str, mask: Value | None = None) -> None:
    """A float32 vector to memory, rounded to nearest even if `dtype` is smaller."""
    v.store(x if dtype == "float32" else narrow(v, x, dtype), address, mask)


def rounded(v: Emitter, x: Value, dtype: str) -> Value:
    """The float32 numbers that `read` would return after `write`."""
    return x if dtype == "float32" else widen(v, narrow(v, x, dtype), dtype)
