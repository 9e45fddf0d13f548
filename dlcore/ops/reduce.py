"""Reductions of tensors along axes: forward and backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, Shape
from dlcore.backend.interface.checks import axes_in
from dlcore.ops.attach import method
from dlcore.ops.copy import cast
from dlcore.ops.operands import autocasted, backend_of
from dlcore.tensor import Tensor

Dims = int | Sequence[int] | None


def axes_of(operation: str, x: Tensor, dim: Dims) -> tuple[int, ...]:
    """The axes that `dim` names: one, several, or all for None and ()."""
    if dim is None or dim == () or dim == []:
        return tuple(range(x.ndim))
    return axes_in(operation, (dim,) if isinstance(dim, int) else dim, x.ndim)


def spread(backend: Backend, dy: Array, shape: Shape, axes: tuple[int, ...], kept: bool) -> Array:
    """A view of a reduced array with the shape it was reduced from."""
    if not kept:
        dy = dy[tuple(None if axis in axes else slice(None) for axis in range(len(shape)))]
    return backend.expand(dy, shape)


@method
def sum(x: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of the elements along axes `dim`, of all if None.

    Shapes: x: any; the result: without these axes, or with length 1 there if `keepdim`.
    Dtypes: floats accumulate in fp32 at least; integers and bool give int64. `dtype` converts x
    first.

    >>> import dlcore as dl
    >>> dl.sum(dl.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])

    Raises:
        ShapeError: no such axis, or one given twice.
    """
    x = _converted("sum", x, dtype)
    backend, shape, axes = backend_of("sum", x), x.shape, axes_of("sum", x, dim)
    return result(
        "sum",
        primitives.reduce(backend, x.array, rule="sum", axes=axes, keepdims=keepdim),
        backend,
        (x, lambda dy: spread(backend, dy, shape, axes, keepdim)),
    )


@method
def mean(x: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean of the elements along axes `dim`, of all if None.

    Shapes, `dtype`, errors: as `sum`. Dtypes: floats.
    """
    x = _converted("mean", x, dtype)
    backend, shape, axes = backend_of("mean", x), x.shape, axes_of("mean", x, dim)
    count = float(np.prod([shape[axis] for axis in axes]))

    def gradient(dy: Array) -> Array:
        share = primitives.pointwise(backend, dy, rule="divide_number", parameters=(count,))
        return spread(backend, share, shape, axes, keepdim)

    y = primitives.reduce(backend, x.array, rule="mean", axes=axes, keepdims=keepdim)
    return result("mean", y, backend, (x, gradient))


def _converted(operation: str, x: Tensor, dtype: Any) -> Tensor:
    if dtype is not None:
        return cast(x, np.dtype(dtype))
    (x,) = autocasted(operation, x)
    return x
