"""Sums, means, products and statistics of tensors along axes: forward and backward.

In formulas x is the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod as product
from typing import Any

import numpy as np

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array, Shape, uint8
from dlcore.backend.interface.checks import axes_in, dtype_in
from dlcore.ops.attach import method
from dlcore.ops.copy import cast
from dlcore.ops.operands import autocasted, backend_of
from dlcore.promotion import default_dtype
from dlcore.tensors import Tensor

Dims = int | Sequence[int] | None


def axes_of(operation: str, x: Tensor, dim: Dims) -> tuple[int, ...]:
    """The axes that `dim` names: one, several, or all for None and ()."""
    backend_of(operation, x)
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return tuple(range(x.ndim))
    return axes_in(operation, dim, x.ndim)


def kept(array: Array, shape: Shape, axes: tuple[int, ...], keepdim: bool) -> Array:
    """A view of a reduced array with length 1 along the axes it was reduced along."""
    if keepdim:
        return array
    view: Array = array[(*(None if a in axes else slice(None) for a in range(len(shape))), ...)]
    return view


def spread(
    backend: Backend, array: Array, shape: Shape, axes: tuple[int, ...], keepdim: bool
) -> Array:
    """A view of a reduced array with the shape it was reduced from."""
    return backend.expand(kept(array, shape, axes, keepdim), shape)


def converted(operation: str, x: Tensor, dtype: Any = None, into_float: bool = False) -> Tensor:
    """`x` in the dtype that the caller, autocast or (for integers) the operation asks for."""
    backend_of(operation, x)
    if dtype is not None:
        return cast(x, dtype_in(operation, dtype))
    if into_float and x.dtype not in FLOATS:
        return cast(x, default_dtype)
    (x,) = autocasted(operation, x)
    return x


def _asked(y: Tensor, dtype: Any) -> Tensor:
    """A result in the dtype that was asked for: sums of integers come as int64."""
    return y if dtype is None else cast(y, np.dtype(dtype))


@method
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of the elements along axes `dim`, of all if None.

    Shapes: input: any; the result: without these axes, or with length 1 there if `keepdim`.
    Dtypes: floats accumulate in fp32 at least; integers and bool give int64. `dtype` is that of
    the result; the input is converted first.

    >>> import dlcore as dl
    >>> dl.sum(dl.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])

    Raises:
        ShapeError: no such axis, or one given twice.
    """
    input = converted("sum", input, dtype)
    backend, shape, axes = input.backend, input.shape, axes_of("sum", input, dim)
    y = primitives.reduce(backend, input.array, rule="sum", axes=axes, keepdims=keepdim)
    total = result("sum", y, backend, (input, lambda dy: spread(backend, dy, shape, axes, keepdim)))
    return _asked(total, dtype)


@method
def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean of the elements along axes `dim`, of all if None; NaN of nothing.

    Shapes, `dtype`, errors: as `sum`. Dtypes: floats; those of integers need `dtype`.

    >>> import dlcore as dl
    >>> dl.mean(dl.tensor([1.0, 2.0, 6.0])).item()
    3.0
    """
    input = converted("mean", input, dtype)
    backend, shape, axes = input.backend, input.shape, axes_of("mean", input, dim)
    count = float(product(shape[axis] for axis in axes))

    def gradient(dy: Array) -> Array:
        share = primitives.pointwise(backend, dy, rule="divide_number", parameters=(count,))
        return spread(backend, share, shape, axes, keepdim)

    y = primitives.reduce(backend, input.array, rule="mean", axes=axes, keepdims=keepdim)
    return result("mean", y, backend, (input, gradient))


@method
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The product of the elements along axis `dim`, of all if None; 1 of nothing.

    Shapes, dtypes, errors: as `sum`. The gradient is right where elements are 0, too.

    >>> import dlcore as dl
    >>> dl.prod(dl.tensor([2.0, 3.0])).item()
    6.0
    """
    input = converted("prod", input, dtype)
    backend, a, axes = input.backend, input.array, axes_of("prod", input, dim)

    def gradient(dy: Array) -> Array:
        return primitives.prod_gradient(backend, kept(dy, a.shape, axes, keepdim), a, axes=axes)

    y = primitives.reduce(backend, a, rule="prod", axes=axes, keepdims=keepdim)
    return _asked(result("prod", y, backend, (input, gradient), saved=[input]), dtype)


@method
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether some element along axes `dim` is not 0. Shapes as `sum`.

    The result is bool, but uint8 of uint8, as in PyTorch.

    >>> import dlcore as dl
    >>> dl.any(dl.tensor([0, 3])).item()
    True
    """
    return _flag("any", input, dim, keepdim)


@method
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether every element along axes `dim` is not 0. Shapes and dtypes as `any`.

    >>> import dlcore as dl
    >>> dl.all(dl.tensor([0, 3])).item()
    False
    """
    return _flag("all", input, dim, keepdim)


@method
def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """How many elements along axes `dim` are not 0. Shapes as `sum`; the result is int64.

    >>> import dlcore as dl
    >>> dl.count_nonzero(dl.tensor([0.0, 3.0])).item()
    1
    """
    return _fact("count", input, dim, False)


def _flag(rule: str, x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    flag = _fact(rule, x, dim, keepdim)
    return cast(flag, uint8) if x.dtype == uint8 else flag


def _fact(rule: str, x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    """A reduction that has no gradient."""
    axes = axes_of(rule, x, dim)
    y = primitives.reduce(x.backend, x.array, rule=rule, axes=axes, keepdims=keepdim)
    return result(rule, y, x.backend)


@method
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The position (int64) of the largest element along axis `dim`, the first of equals.

    Without `dim` the position in the flattened input. A NaN is larger than every number.
    Shapes: as `sum`.

    >>> import dlcore as dl
    >>> dl.argmax(dl.tensor([[1, 5], [7, 3]]), dim=1)
    tensor([1, 0], dtype=int64)

    Raises:
        ShapeError: no such axis, or nothing to choose from.
    """
    return _position("argmax", input, dim, keepdim)


@method
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The position (int64) of the smallest element along axis `dim`; as `argmax`."""
    return _position("argmin", input, dim, keepdim)


def _position(rule: str, x: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    axes_of(rule, x, dim)
    y = primitives.arg_reduce(x.backend, x.array, rule=rule, axis=dim, keepdims=keepdim)
    return result(rule, y, x.backend)


@method
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """log(sum(exp(x))) along axes `dim`, without overflow.

    Shapes and errors: as `sum`. Dtypes: floats; integers give float32.

    >>> import dlcore as dl
    >>> dl.logsumexp(dl.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    input = converted("logsumexp", input, into_float=True)
    backend, a, axes = input.backend, input.array, axes_of("logsumexp", input, dim)
    y = primitives.reduce(backend, a, rule="logsumexp", axes=axes, keepdims=keepdim)

    def gradient(dy: Array) -> Array:
        total, dy = (spread(backend, array, a.shape, axes, keepdim) for array in (y, dy))
        return primitives.pointwise(backend, dy, a, total, rule="logsumexp_gradient", parameters=())

    return result("logsumexp", y, backend, (input, gradient), saved=[input], saves_output=True)


@method
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The sum of the elements of axis `dim` up to each position. Dtypes as `sum`.

    >>> import dlcore as dl
    >>> dl.cumsum(dl.tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6], dtype=int64)

    Raises:
        ShapeError: no such axis.
    """
    input = converted("cumsum", input, dtype)
    backend = input.backend
    y = primitives.cumulative(backend, input.array, rule="cumsum", axis=dim, backwards=False)

    def gradient(dy: Array) -> Array:
        return primitives.cumulative(backend, dy, rule="cumsum", axis=dim, backwards=True)

    return _asked(result("cumsum", y, backend, (input, gradient)), dtype)


@method
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The product of the elements of axis `dim` up to each position. Dtypes as `sum`.

    >>> import dlcore as dl
    >>> dl.cumprod(dl.tensor([1, 2, 3]), dim=0)
    tensor([1, 2, 6], dtype=int64)

    Raises:
        ShapeError: no such axis.
    """
    input = converted("cumprod", input, dtype)
    backend, a = input.backend, input.array
    y = primitives.cumulative(backend, a, rule="cumprod", axis=dim, backwards=False)

    def gradient(dy: Array) -> Array:
        return primitives.cumprod_gradient(backend, dy, a, axis=dim)

    return _asked(result("cumprod", y, backend, (input, gradient), saved=[input]), dtype)
