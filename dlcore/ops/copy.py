"""Conversions between dtypes and layouts."""

from __future__ import annotations

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array, Dtype, Shape, order_of, rows
from dlcore.ops.attach import method
from dlcore.tensors import Tensor


def cast(x: Tensor, dtype: Dtype) -> Tensor:
    """`x` converted to `dtype`, itself where it has that dtype; the gradient is converted back.

    Integers and bool have no gradient: they are outside of the graph.
    """
    if x.dtype == dtype:
        return x
    backend, array = x.backend, x.array
    source, order = array.dtype, order_of(array)
    y = primitives.copy(backend, array, dtype=dtype, order=order)
    if dtype not in FLOATS:
        return result("to", y, backend)

    def back(dy: Array) -> Array:
        return primitives.copy(backend, dy, dtype=source, order=order_of(dy))

    return result("to", y, backend, (x, back))


@method
def clone(input: Tensor) -> Tensor:
    """A copy with memory of its own, gap-free, in the same memory order."""
    backend, order = input.backend, order_of(input.array)
    copied = primitives.copy(backend, input.array, dtype=input.dtype, order=order)
    return result("clone", copied, backend, (input, lambda dy: dy))


@method
def contiguous(x: Tensor) -> Tensor:
    """`x` in C order, itself if it is already."""
    array = in_rows(x.backend, x.array)
    if array is x.array:
        return x
    return result("contiguous", array, x.backend, (x, lambda dy: dy))


def in_rows(backend: Backend, array: Array) -> Array:
    """An array in C order without gaps, which can be reshaped: itself, or a copy."""
    if in_order(array):
        return array
    return primitives.copy(backend, array, dtype=array.dtype, order=rows(array.ndim))


def in_order(array: Array) -> bool:
    """Whether memory is in C order, without gaps."""
    if not array.size:
        return True
    step = array.dtype.itemsize
    for length, stride in zip(reversed(array.shape), reversed(array.strides), strict=True):
        if length > 1 and stride != step:
            return False
        step *= length
    return True


def in_shape(backend: Backend, array: Array, shape: Shape) -> Array:
    """The array in another shape: itself if it has it, a view of its rows, or of a copy of them."""
    return array if array.shape == shape else backend.reshape(in_rows(backend, array), shape)
