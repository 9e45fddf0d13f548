"""What the contract knows of an array, and the description of one that does not exist yet."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Protocol

import ml_dtypes
import numpy as np

from dlcore.errors import ShapeError

Dtype = np.dtype[Any]
Shape = tuple[int, ...]

boolean: Dtype = np.dtype(np.bool_)
uint8: Dtype = np.dtype(np.uint8)
uint32: Dtype = np.dtype(np.uint32)
int8: Dtype = np.dtype(np.int8)
int16: Dtype = np.dtype(np.int16)
int32: Dtype = np.dtype(np.int32)
int64: Dtype = np.dtype(np.int64)
float16: Dtype = np.dtype(np.float16)
bfloat16: Dtype = np.dtype(ml_dtypes.bfloat16)
float32: Dtype = np.dtype(np.float32)
float64: Dtype = np.dtype(np.float64)

FLOATS = frozenset({float16, bfloat16, float32, float64})
HALVES = frozenset({float16, bfloat16})
INTEGERS = frozenset({uint8, int8, int16, int32, int64})


class Array(Protocol):
    """The least that NumPy arrays, CuPy arrays and meta arrays have in common.

    Views (transposed, sliced, with an axis of one added or dropped) are taken with the array's
    own methods; everything that computes goes through a primitive.
    """

    @property
    def shape(self) -> Shape: ...
    @property
    def dtype(self) -> Dtype: ...
    @property
    def strides(self) -> tuple[int, ...]: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    def transpose(self, axes: Sequence[int], /) -> Array: ...
    def __getitem__(self, index: Any, /) -> Array: ...


def rows(ndim: int) -> tuple[int, ...]:
    """Memory order of plain C layout: the axes from outermost to innermost."""
    return tuple(range(ndim))


def channels_last(ndim: int) -> tuple[int, ...]:
    """Memory order of channels-last layout: (0, 2, 3, 1) for N C H W."""
    return (0, *range(2, ndim), 1) if ndim > 2 else rows(ndim)


def order_of(array: Array) -> tuple[int, ...]:
    """The axes of an array sorted from the largest stride to the smallest.

    Axes without extent (length 1) say nothing about memory: they stay where channels-last or C
    order would have them, whichever agrees with the rest.
    """
    real = [axis for axis in range(array.ndim) if array.shape[axis] > 1]
    by_stride = sorted(real, key=lambda axis: -abs(array.strides[axis]))
    for candidate in (rows(array.ndim), channels_last(array.ndim)):
        if [axis for axis in candidate if array.shape[axis] > 1] == by_stride:
            return candidate
    order = list(by_stride)
    for axis in range(array.ndim):
        if array.shape[axis] <= 1:
            order.insert(axis, axis)
    return tuple(order)


def dense_strides(shape: Shape, order: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Byte strides of a gap-free array whose axes lie in memory in `order`."""
    strides = [0] * len(shape)
    step = itemsize
    for axis in reversed(order):
        strides[axis] = step
        step *= max(shape[axis], 1)
    return tuple(strides)


class Spec:
    """Shape, dtype and strides of an array, without its memory.

    A primitive answers with one for each output it wants; a backend turns it into memory. On the
    meta backend it *is* the array. Views are computed by NumPy on a single element that stands
    for all of them: only its header is ever looked at.
    """

    __slots__ = ("_header",)

    def __init__(self, shape: Shape, dtype: Dtype, order: tuple[int, ...] | None = None) -> None:
        strides = dense_strides(shape, order or rows(len(shape)), dtype.itemsize)
        element = np.empty(1, dtype)
        try:
            self._header = np.lib.stride_tricks.as_strided(element, shape, strides)
        except (OverflowError, ValueError) as error:
            raise ShapeError(
                "array",
                expected="lengths from 0, and fewer than 2**63 bytes",
                received=f"shape {shape} of {dtype.name}",
                remedy="choose another size",
            ) from error
        if order:  # axes of length 1 fit several orders; settle the strides as every backend does
            strides = dense_strides(shape, order_of(self), dtype.itemsize)
            self._header = np.lib.stride_tricks.as_strided(element, shape, strides)

    @classmethod
    def _of(cls, header: np.ndarray[Any, Dtype]) -> Spec:
        view = cls.__new__(cls)
        view._header = header
        return view

    @property
    def shape(self) -> Shape:
        return self._header.shape

    @property
    def dtype(self) -> Dtype:
        return self._header.dtype

    @property
    def strides(self) -> tuple[int, ...]:
        return self._header.strides

    @property
    def ndim(self) -> int:
        return self._header.ndim

    @property
    def size(self) -> int:
        return prod(self._header.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def transpose(self, axes: Sequence[int], /) -> Spec:
        return Spec._of(self._header.transpose(axes))

    def __getitem__(self, index: Any, /) -> Spec:
        index = index if isinstance(index, tuple) else (index,)
        if not any(item is Ellipsis for item in index):  # which keeps it an array without axes
            index = (*index, ...)
        return Spec._of(self._header[index])

    def expand(self, shape: Shape) -> Spec:
        return Spec._of(np.broadcast_to(self._header, shape))

    def __repr__(self) -> str:
        return f"Spec({self.shape}, {self.dtype}, order={order_of(self)})"


def like(array: Array, dtype: Dtype | None = None) -> Spec:
    """The description of a gap-free array with the same shape and memory order as `array`."""
    return Spec(array.shape, dtype or array.dtype, order_of(array))
