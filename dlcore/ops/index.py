"""`x[...]`: every way to index that NumPy and PyTorch users know, forward and backward.

Integers, slices, None and Ellipsis give views. Tensors, arrays and lists of integers pick elements,
broadcast against each other; a mask stands for the indices of its True elements, which the host has
to count. As in PyTorch integers are taken first, and the picked axes stay in place if they are
neighbours, else they come first.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, Shape, boolean, like, order_of
from dlcore.errors import ShapeError
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import in_rows, in_shape
from dlcore.ops.gather import put_gradient
from dlcore.ops.inplace import require_outside_graph, written
from dlcore.ops.operands import backend_of, broadcast, scalar
from dlcore.ops.pieces import part
from dlcore.ops.subscript import Picked, parsed
from dlcore.tensors import Tensor, wrap


@methods("__getitem__")
def getitem(x: Tensor, index: Any) -> Tensor:
    """`x[index]`: a view for integers, slices, None and Ellipsis; else a copy.

    >>> import dlcore as dl
    >>> x = dl.tensor([[1, 2, 3], [4, 5, 6]])
    >>> x[:, -1], x[x > 4], x[[1, 0], [0, 2]]
    (tensor([3, 6], dtype=int64), tensor([5, 6], dtype=int64), tensor([4, 3], dtype=int64))

    Raises:
        IndexRangeError: no such place on an axis, or more indices than axes.
        ShapeError: indices that do not broadcast, or a mask of another shape.
        DtypeError: indices that are not integers or bool.
        OptionError: a slice with a negative step.
    """
    steps = parsed(x, index)
    if steps.views or not steps.picks:
        x = part("index", x, steps.view)
    for alone in reversed(steps.single):  # from the back, so that the axes in front keep place
        x = _pick(x, [alone])
    gone = [alone.axis for alone in steps.single]
    picked = [
        one._replace(axis=one.axis - sum(axis < one.axis for axis in gone)) for one in steps.picked
    ]
    return _pick(x, picked) if picked else x


@methods("__setitem__")
def setitem(x: Tensor, index: Any, value: Any) -> None:
    """`x[index] = value`, in place; the value broadcasts and is converted to x's dtype.

    Where an index repeats, the last value counts.

    Raises:
        GraphError: x or the value requires a gradient, outside of `dl.no_grad()`.
        Other errors: as `getitem`; ShapeError also for a value that does not fit.
    """
    require_outside_graph("x[...] = value", x, value)
    backend, source = x.backend, _values(x, value)
    if isinstance(index, Tensor) and index.dtype == boolean and not source.ndim:
        _fill_where(x, index, source)
        return
    steps = parsed(x, index, on_host=True)
    view = x.array[(*steps.view, ...)]
    if steps.picks:
        _put(backend, view, steps.picked, source)
    else:
        _copy(backend, view, _spread(backend, source, view.shape))
    written(x)


@method
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is True, along one axis; both broadcast. Synchronises."""
    backend_of("masked_select", input, mask)
    shape = broadcast("masked_select", input, mask)[0].shape
    return getitem(input.expand(shape), mask.expand(shape))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Where `input` is not 0: a row of indices for each, or with `as_tuple` a tensor for each axis.

    Synchronises, as the host has to count.

    >>> import dlcore as dl
    >>> dl.nonzero(dl.tensor([[0, 5], [7, 0]]))
    tensor([[0, 1],
            [1, 0]], dtype=int64)
    """
    host = np.asarray(input.backend.download(input.array)) != 0
    if as_tuple:
        return tuple(wrap(places, input.backend) for places in np.nonzero(np.atleast_1d(host)))
    return wrap(np.argwhere(host), input.backend)


methods("nonzero")(nonzero)


# -- picking -------------------------------------------------------------------------------------


class Plan(NamedTuple):
    """How picked axes become one: brought together, merged, and indexed by one flat index.

    Attributes:
        order: the axes as they are brought together; `back` undoes it.
        apart: the shape then; `merged`: the picked axes as one.
        axis: where that one is, and the picked elements will be.
        flat: the index along it.
    """

    order: tuple[int, ...]
    back: tuple[int, ...]
    apart: Shape
    merged: Shape
    axis: int
    flat: Array


def _plan(shape: Shape, picked: list[Picked]) -> Plan:
    indices = broadcast("index", *[one.places for one in picked])
    axes = [one.axis for one in picked]
    lengths = tuple(shape[axis] for axis in axes)
    neighbours = axes == list(range(axes[0], axes[0] + len(axes)))
    axis = axes[0] if neighbours else 0
    rest = [other for other in range(len(shape)) if other not in axes]
    order = (*rest[:axis], *axes, *rest[axis:])
    apart = tuple(shape[at] for at in order)
    merged = (*apart[:axis], prod(lengths), *apart[axis + len(axes) :])
    names = tuple(one.source for one in picked)
    flat = primitives.flat_index(picked[0].places.backend, *indices, lengths=lengths, axes=names)
    back = tuple(order.index(at) for at in range(len(shape)))
    return Plan(order, back, apart, merged, axis, flat)


def _pick(x: Tensor, picked: list[Picked]) -> Tensor:
    backend, plan = x.backend, _plan(x.shape, picked)
    lines = in_shape(backend, x.array.transpose(plan.order), plan.merged)
    whole = like(lines)

    def gradient(dy: Array) -> Array:
        dx = put_gradient(backend, dy, plan.flat, plan.axis, whole)
        return in_shape(backend, dx, plan.apart).transpose(plan.back)

    y = primitives.take(backend, lines, plan.flat, axis=plan.axis)
    return result("index", y, backend, (x, gradient))


def _put(backend: Backend, view: Array, picked: list[Picked], source: Array) -> None:
    """Write into the picked elements of a view."""
    plan = _plan(view.shape, picked)
    apart = view.transpose(plan.order)
    memory = apart if plan.apart == plan.merged else in_rows(backend, apart)
    lines = memory if plan.apart == plan.merged else backend.reshape(memory, plan.merged)
    shape = (*plan.merged[: plan.axis], *plan.flat.shape, *plan.merged[plan.axis + 1 :])
    source = _spread(backend, source, shape)
    primitives.put.into(backend, lines, lines, plan.flat, source, axis=plan.axis, reduce="set")
    if memory is not apart:  # the axes could only be merged in a copy
        _copy(backend, apart, memory)


def _fill_where(x: Tensor, mask: Tensor, number: Array) -> None:
    """One value wherever a mask for the first axes says: nobody has to look at the mask."""
    backend = backend_of("index", x, mask)
    if mask.shape != x.shape[: mask.ndim]:
        parsed(x, mask)  # raises
    flags = mask.array[(..., *[None] * (x.ndim - mask.ndim))]
    flags, value = backend.expand(flags, x.shape), backend.expand(number, x.shape)
    primitives.pointwise.into(backend, x.array, flags, value, x.array, rule="where", parameters=())
    written(x)


def _values(x: Tensor, value: Any) -> Array:
    """What is to be written, in x's dtype and in memory of its own."""
    backend = x.backend
    if not isinstance(value, Tensor):
        if np.ndim(value) == 0:
            value = value.item() if isinstance(value, np.ndarray) else value
            return scalar(value, x.dtype, backend).array
        value = wrap(np.asarray(value), backend)
    backend_of("x[...] = value", x, value)
    array: Array = value.array
    if value.dtype == x.dtype and value.version is not x.version:
        return array
    return primitives.copy(backend, array, dtype=x.dtype, order=order_of(array))


def _spread(backend: Backend, source: Array, shape: Shape) -> Array:
    """Values expanded to the shape they are written into, without extra axes of one in front."""
    while source.ndim > len(shape) and source.shape[0] == 1:
        source = source[0, ...]
    fits = source.ndim <= len(shape) and all(
        have in (1, need) for have, need in zip(source.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ShapeError(
            "x[...] = value",
            expected=f"a value that broadcasts to shape {shape}",
            received=f"shape {source.shape}",
            remedy="cut or expand it",
        )
    return backend.expand(source, shape)


def _copy(backend: Backend, target: Array, source: Array) -> None:
    primitives.copy.into(backend, target, source, dtype=target.dtype, order=order_of(target))
