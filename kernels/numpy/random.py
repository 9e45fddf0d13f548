"""Random bits and what is made of them, by `philox`."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from dlcore.kernels.numpy.philox import row_bits
from dlcore.kernels.numpy.wide import Array, wide

_DIGITS = {"float64": 32, "float32": 24, "float16": 11, "bfloat16": 8}


def random_bits(
    clock: Array, bits: Array, *, shape: Any, order: Any, key: tuple[int, int], call: int
) -> None:
    bits[...] = _bits(clock, shape, key, call)


def uniform(
    clock: Array,
    y: Array,
    *,
    shape: Any,
    order: Any,
    dtype: Any,
    key: tuple[int, int],
    call: int,
) -> None:
    digits = _DIGITS[dtype.name]
    y[...] = (_bits(clock, shape, key, call) >> (32 - digits)) * 0.5**digits


def bernoulli(
    clock: Array,
    y: Array,
    *,
    shape: Any,
    order: Any,
    key: tuple[int, int],
    call: int,
    threshold: int,
) -> None:
    y[...] = _bits(clock, shape, key, call) < np.uint64(threshold)


def masked_scale(x: Array, mask: Array, y: Array, *, scale: float) -> None:
    x = wide(x)
    y[...] = np.where(mask, x * x.dtype.type(scale), 0)


def _bits(clock: Array, shape: tuple[int, ...], key: tuple[int, int], call: int) -> Array:
    """Bits for a shape whose rows follow one another."""
    step, origin = int(clock[0]), int(clock[1])
    count, length = (shape[0], prod(shape[1:])) if shape else (1, 1)
    rows = np.arange(origin, origin + count, dtype=np.uint64)
    return row_bits(rows, length, step, key, call).reshape(shape)
