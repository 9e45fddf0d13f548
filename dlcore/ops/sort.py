"""Elements in order along an axis: forward and backward."""

from __future__ import annotations

from typing import NamedTuple

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array
from dlcore.backend.interface.checks import axis_in
from dlcore.errors import OptionError
from dlcore.ops.attach import method
from dlcore.ops.gather import zeros_for
from dlcore.ops.operands import backend_of
from dlcore.ops.pieces import narrow
from dlcore.tensors import Tensor


class Sorted(NamedTuple):
    """Elements in order, and where they were (int64)."""

    values: Tensor
    indices: Tensor


@method
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Sorted:
    """The elements in order along axis `dim`, and where each was; NaN counts as the largest.

    Equal elements keep their order, whether or not `stable` asks for it.

    >>> import dlcore as dl
    >>> dl.sort(dl.tensor([3, 1, 2])).values
    tensor([1, 2, 3], dtype=int64)

    Raises:
        ShapeError: no such axis.
    """
    backend, shape = backend_of("sort", input), input.shape
    y, index = primitives.sort(backend, input.array, axis=dim, descending=descending)
    indices = Tensor(index, backend)

    def gradient(dy: Array) -> Array:
        if not shape:
            return dy
        dx = zeros_for(backend, shape, dy.dtype)
        primitives.scatter.into(backend, dx, dx, index, dy, axis=dim, reduce="set")
        return dx

    return Sorted(result("sort", y, backend, (input, gradient), saved=[indices]), indices)


@method
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """Where the elements in order along axis `dim` are; as `sort`."""
    return sort(input.detach(), dim, descending).indices


@method
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
    """The k largest (or smallest) elements along axis `dim` in order, and where they were.

    Of equal elements the first ones are taken.

    >>> import dlcore as dl
    >>> dl.topk(dl.tensor([3.0, 1.0, 2.0]), 2).indices
    tensor([0, 2], dtype=int64)

    Raises:
        OptionError: the axis is shorter than k.
    """
    axis = axis_in("topk", dim, input.ndim)
    length = input.shape[axis] if input.ndim else 1
    if not 0 <= k <= length:
        raise OptionError(
            "topk",
            expected=f"k from 0 to {length}, the length of axis {axis} of shape {input.shape}",
            received=str(k),
            remedy="ask for fewer",
        )
    values, indices = sort(input, axis, largest)
    if not input.ndim:
        return Sorted(values, indices)
    return Sorted(narrow(values, axis, 0, k), narrow(indices, axis, 0, k))
