"""Which dtype an operation on several dtypes has: PyTorch's table.

Numbers rank bool < integers < floats. Within a rank the wider type wins, uint8 and a signed type
meet in the next signed one that holds both, float16 and bfloat16 meet in float32. A tensor with
axes outranks a tensor without, and that outranks a Python number, unless the lesser one is of a
higher rank: float16 tensor + 1.5 is float16, int32 tensor + 1.5 is float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, reduce

from dlcore.backend.interface.array import (
    FLOATS,
    Dtype,
    bfloat16,
    boolean,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)

SIGNED = (int8, int16, int32, int64)
default_dtype = float32


@cache
def promote_types(a: Dtype, b: Dtype) -> Dtype:
    """The dtype in which values of both can meet.

    >>> promote_types(float16, bfloat16).name, promote_types(uint8, int8).name
    ('float32', 'int16')
    """
    if a == b:
        return a
    if boolean in (a, b):
        return b if a == boolean else a
    floats = [dtype for dtype in (a, b) if dtype in FLOATS]
    if len(floats) == 1:
        return floats[0]
    if floats:
        if {a, b} == {float16, bfloat16}:
            return float32
        return max(a, b, key=lambda dtype: dtype.itemsize)
    if uint8 in (a, b):
        other = b if a == uint8 else a
        return int16 if other == int8 else other
    return max(a, b, key=SIGNED.index)


def number_dtype(value: bool | int | float) -> Dtype:
    """The dtype of a Python number that stands alone."""
    if isinstance(value, bool):
        return boolean
    return int64 if isinstance(value, int) else default_dtype


def result_type(
    tensors: Iterable[tuple[Dtype, int]], numbers: Iterable[bool | int | float] = ()
) -> Dtype:
    """The dtype of an operation on tensors, each given as (dtype, axes), and Python numbers."""
    with_axes: list[Dtype] = []
    without: list[Dtype] = []
    for dtype, ndim in tensors:
        (with_axes if ndim else without).append(dtype)
    ranked = (with_axes, without, [number_dtype(number) for number in numbers])
    groups = [reduce(promote_types, group) for group in ranked if group]
    return reduce(_outrank, groups)


def _outrank(higher: Dtype, lower: Dtype) -> Dtype:
    if higher not in FLOATS and (higher == boolean or lower in FLOATS):
        return promote_types(higher, lower)
    return higher


__all__ = ["default_dtype", "float64", "number_dtype", "promote_types", "result_type"]
