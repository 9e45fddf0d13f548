"""The largest and smallest elements of tensors, and where they are: forward and backward."""

from __future__ import annotations

from typing import NamedTuple, overload

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, order_of
from dlcore.ops.attach import method
from dlcore.ops.reduce import Dims, axes_of, kept, spread
from dlcore.ops.rules import pointwise
from dlcore.ops.select import maximum, minimum
from dlcore.tensors import Tensor


class Extreme(NamedTuple):
    """What `max` and `min` along an axis give: the elements, and their positions (int64)."""

    values: Tensor
    indices: Tensor


@method
def amax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The largest element along axes `dim`, of all if None; NaN if there is one.

    Equal elements share the gradient.
    Shapes: input: any; the result: without these axes, or with length 1 there if `keepdim`.
    Dtypes: all.

    >>> import dlcore as dl
    >>> dl.amax(dl.tensor([[1, 5], [7, 3]]), dim=1)
    tensor([5, 7], dtype=int64)

    Raises:
        ShapeError: no such axis, one given twice, or nothing to choose from.
    """
    return _extreme("amax", input, dim, keepdim)


@method
def amin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The smallest element along axes `dim`; everything else as `amax`."""
    return _extreme("amin", input, dim, keepdim)


def _extreme(rule: str, x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    axes = axes_of(rule, x, dim)
    backend, a = x.backend, x.array
    y = primitives.reduce(backend, a, rule=rule, axes=axes, keepdims=keepdim)

    def gradient(dy: Array) -> Array:
        """Dy at each of the equal winners, divided by their number; all NaN where y is."""
        best = spread(backend, y, a.shape, axes, keepdim)
        wins = pointwise(backend, "equal", a, best)
        wins = primitives.copy(backend, wins, dtype=dy.dtype, order=order_of(wins))
        number = primitives.reduce(backend, wins, rule="sum", axes=axes, keepdims=True)
        dx = pointwise(backend, "multiply", wins, spread(backend, dy, a.shape, axes, keepdim))
        return pointwise(backend, "divide", dx, backend.expand(number, a.shape))

    return result(rule, y, backend, (x, gradient), saved=[x], saves_output=True)


def _pick(end: str, x: Tensor, dim: int, keepdim: bool) -> Extreme:
    """The elements at one end of axis `dim` with their positions; those get the gradient."""
    axes = axes_of(end, x, dim)
    backend, shape = x.backend, x.shape
    length = shape[axes[0]] if axes else 1
    y = primitives.reduce(backend, x.array, rule=f"a{end}", axes=axes, keepdims=keepdim)
    index = primitives.arg_reduce(backend, x.array, rule=f"arg{end}", axis=dim, keepdims=keepdim)

    def gradient(dy: Array) -> Array:
        dy, at = (kept(array, shape, axes, keepdim) for array in (dy, index))
        return primitives.pick_gradient(backend, dy, at, axis=dim, length=length)

    indices = result(f"arg{end}", index, backend)
    values = result(end, y, backend, (x, gradient), saved=[indices])
    return Extreme(values, indices)


@overload
def max(input: Tensor) -> Tensor: ...
@overload
def max(input: Tensor, dim: int, keepdim: bool = False) -> Extreme: ...
@overload
def max(input: Tensor, dim: Tensor) -> Tensor: ...


@method
def max(input: Tensor, dim: int | Tensor | None = None, keepdim: bool = False) -> Tensor | Extreme:
    """The largest of all elements, or (values, indices) along axis `dim`, or as `maximum`.

    Of equal elements along an axis the first is picked, and gets the gradient.
    Shapes, dtypes, errors: as `amax`.

    >>> import dlcore as dl
    >>> dl.max(dl.tensor([[1, 5], [7, 3]]), dim=1).indices
    tensor([1, 0], dtype=int64)
    """
    if isinstance(dim, Tensor):
        return maximum(input, dim)
    return (
        _extreme("amax", input, None, False) if dim is None else _pick("max", input, dim, keepdim)
    )


@overload
def min(input: Tensor) -> Tensor: ...
@overload
def min(input: Tensor, dim: int, keepdim: bool = False) -> Extreme: ...
@overload
def min(input: Tensor, dim: Tensor) -> Tensor: ...


@method
def min(input: Tensor, dim: int | Tensor | None = None, keepdim: bool = False) -> Tensor | Extreme:
    """The smallest of all elements, or (values, indices) along axis `dim`, or as `minimum`.

    Everything else as `max`.
    """
    if isinstance(dim, Tensor):
        return minimum(input, dim)
    return (
        _extreme("amin", input, None, False) if dim is None else _pick("min", input, dim, keepdim)
    )
