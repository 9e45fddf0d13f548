"""Other shapes and other orders of axes for the same values: forward and backward.

Everything here is a view that shares memory, except where the new shape does not follow the memory
(the axes of images lie channels last): then `reshape` and its kin copy, so that the order is always
that of the shape, and published weights of linear layers fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from dlcore.autograd import result
from dlcore.backend.interface.array import Array, Shape
from dlcore.backend.interface.checks import axes_in, axis_in
from dlcore.errors import ShapeError
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import in_rows, in_shape
from dlcore.ops.operands import backend_of, sum_to
from dlcore.ops.sizes import sizes_of
from dlcore.tensors import Tensor


def shares(operation: str, x: Tensor, array: Array, gradient: Callable[[Array], Array]) -> Tensor:
    """A tensor on a view of x's memory: writes into either show in both."""
    return result(operation, array, x.backend, (x, gradient), version=x.version)


# -- another shape -------------------------------------------------------------------------------


def reshape(input: Tensor, shape: Sequence[int]) -> Tensor:
    """The values in the order of the shape, in another shape; one length may be -1.

    A view where input's memory is in C order, else a copy.

    >>> import dlcore as dl
    >>> dl.reshape(dl.tensor([[1, 2], [3, 4]]), (4,))
    tensor([1, 2, 3, 4], dtype=int64)

    Raises:
        ShapeError: another number of elements.
    """
    return reshaped("reshape", input, sizes_of((shape,)))


@methods("reshape")
def _reshape_method(x: Tensor, *shape: Any) -> Tensor:
    """As the function `reshape`: `x.reshape(2, 3)` or `x.reshape((2, 3))`."""
    return reshaped("reshape", x, sizes_of(shape))


@method
def view(x: Tensor, *shape: Any) -> Tensor:
    """As `reshape`, but never a copy; the same shape always is a view.

    Raises:
        ShapeError: another number of elements, or x's memory is not in C order.
    """
    sizes = sizes_of(shape)
    if sizes == x.shape:
        return shares("view", x, x.array, lambda dy: dy)
    y = reshaped("view", x, sizes)
    if y.version is not x.version:
        raise ShapeError(
            "view",
            expected="memory in the order of the shape",
            received=f"shape {x.shape} with strides {x.array.strides}",
            remedy="use reshape, which copies such a tensor",
        )
    return y


@method
def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` in the shape of `other`."""
    return reshaped("reshape_as", x, other.shape)


@method
def view_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` as a view in the shape of `other`."""
    return view(x, other.shape)


@method
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Axes `start_dim` to `end_dim` joined into one, in the order of the shape.

    Raises:
        ShapeError: no such axes, or the first comes after the last.
    """
    backend_of("flatten", input)
    first, last = (axis_in("flatten", dim, input.ndim) for dim in (start_dim, end_dim))
    if first > last:
        raise ShapeError(
            "flatten",
            expected="start_dim before end_dim",
            received=f"axes {start_dim} and {end_dim} of shape {input.shape}",
            remedy="exchange them",
        )
    joined = prod(input.shape[first : last + 1])
    return reshaped("flatten", input, (*input.shape[:first], joined, *input.shape[last + 1 :]))


@method
def ravel(input: Tensor) -> Tensor:
    """All elements along one axis, in the order of the shape."""
    return flatten(input)


@method
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Axis `dim` split into axes of the given lengths; one may be -1.

    Raises:
        ShapeError: the lengths do not multiply to that of the axis.
    """
    backend_of("unflatten", input)
    axis = axis_in("unflatten", dim, input.ndim)
    inner = _filled("unflatten", input.shape[axis : axis + 1], sizes_of((sizes,)))
    return reshaped("unflatten", input, (*input.shape[:axis], *inner, *input.shape[axis + 1 :]))


def reshaped(operation: str, x: Tensor, sizes: Shape) -> Tensor:
    """`reshape` under the name of the operation that needs it."""
    backend = backend_of(operation, x)
    shape, before = _filled(operation, x.shape, sizes), x.shape
    array = in_rows(backend, x.array)
    return result(
        operation,
        backend.reshape(array, shape),
        backend,
        (x, lambda dy: in_shape(backend, dy, before)),
        version=x.version if array is x.array else None,
    )


def _filled(operation: str, before: Shape, sizes: Shape) -> Shape:
    """`sizes` with the length that -1 stands for, refused if they don't fit."""
    count, known = prod(before), prod(length for length in sizes if length != -1)
    unknown = sizes.count(-1)
    if unknown == 1 and known > 0 and count % known == 0:
        return tuple(count // known if length == -1 else length for length in sizes)
    if unknown or count != known or any(length < 0 for length in sizes):
        raise ShapeError(
            operation,
            expected=f"lengths that multiply to {count}, at most one of them -1",
            received=f"{sizes} for shape {before}",
            remedy="leave one length to be worked out with -1",
        )
    return sizes


# -- axes of length 1 and repeated ones ----------------------------------------------------------


@method
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without the axes of length 1: those among `dim`, or all."""
    backend_of("squeeze", input)
    axes = range(input.ndim) if dim is None else axes_in("squeeze", _several(dim), input.ndim)
    gone = {axis for axis in axes if input.shape[axis] == 1}
    away = tuple(0 if axis in gone else slice(None) for axis in range(input.ndim))
    back = tuple(None if axis in gone else slice(None) for axis in range(input.ndim))
    return shares("squeeze", input, input.array[(*away, ...)], lambda dy: dy[(*back, ...)])


@method
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new axis of length 1 before axis `dim`, or as the last for -1."""
    backend_of("unsqueeze", input)
    axis = axis_in("unsqueeze", dim, input.ndim + 1)
    before = (slice(None),) * axis
    return shares(
        "unsqueeze", input, input.array[(*before, None, ...)], lambda dy: dy[(*before, 0, ...)]
    )


@method
def expand(x: Tensor, *sizes: Any) -> Tensor:
    """Axes of length 1 repeated to the given lengths, without memory; -1 keeps a length.

    >>> import dlcore as dl
    >>> dl.tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]], dtype=int64)

    Raises:
        ShapeError: an axis of another length than 1 would change.
    """
    wanted, backend, before = sizes_of(sizes), x.backend, x.shape
    extra = len(wanted) - x.ndim
    shape = tuple(
        before[axis - extra] if length == -1 and axis >= extra else length
        for axis, length in enumerate(wanted)
    )
    if (
        extra < 0
        or any(length < 0 for length in shape)
        or any(old not in (1, new) for old, new in zip(before, shape[extra:], strict=True))
    ):
        raise ShapeError(
            "expand",
            expected="for each axis, counted from the last, its length, -1, or any if it is 1",
            received=f"sizes {wanted} for shape {before}",
            remedy="only axes of length 1 can be expanded; repeat copies others",
        )
    view = backend.expand(x.array, shape)
    return shares("expand", x, view, lambda dy: sum_to(backend, dy, before))


def broadcast_to(input: Tensor, shape: Sequence[int]) -> Tensor:
    """As `input.expand(shape)`."""
    return expand(input, shape)


methods("broadcast_to")(expand)


@method
def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` expanded to the shape of `other`."""
    return expand(x, other.shape)


# -- another order of axes -----------------------------------------------------------------------


def permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The axes in another order: axis i of the result is axis dims[i] of the input.

    >>> import dlcore as dl
    >>> dl.permute(dl.rand(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)

    Raises:
        ShapeError: not every axis exactly once.
    """
    return _permute("permute", input, sizes_of((dims,)))


@methods("permute")
def _permute_method(x: Tensor, *dims: Any) -> Tensor:
    """As the function `permute`: `x.permute(0, 2, 1)` or `x.permute((0, 2, 1))`."""
    return _permute("permute", x, sizes_of(dims))


@methods("transpose", "swapdims")
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged."""
    backend_of("transpose", input)
    first, second = (axis_in("transpose", dim, input.ndim) for dim in (dim0, dim1))
    order = list(range(input.ndim))
    if order:
        order[first], order[second] = second, first
    return _permute("transpose", input, tuple(order))


swapdims = transpose


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Two axes exchanged."""
    return transpose(input, axis0, axis1)


methods("swapaxes")(swapaxes)


@methods("movedim", "moveaxis")
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Axes `source` moved to the places `destination`; the others stay in order."""
    backend_of("movedim", input)
    sources, places = (
        [axis_in("movedim", dim, input.ndim) for dim in _several(dims)]
        for dims in (source, destination)
    )
    if len(sources) != len(places) or len({*sources}) + len({*places}) != 2 * len(places):
        raise ShapeError(
            "movedim",
            expected="as many places as axes, each once",
            received=f"axes {source} to {destination} of shape {input.shape}",
            remedy="give each axis its own place",
        )
    order = [axis for axis in range(input.ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return _permute("movedim", input, tuple(order[: input.ndim]))


moveaxis = movedim


@method
def t(input: Tensor) -> Tensor:
    """A matrix transposed; a vector or a number as it is.

    Raises:
        ShapeError: more than two axes.
    """
    backend_of("t", input)
    if input.ndim > 2:
        raise ShapeError(
            "t",
            expected="at most two axes",
            received=f"shape {input.shape}",
            remedy="use transpose(dim0, dim1), or mT for the last two axes",
        )
    return _permute("t", input, tuple(range(input.ndim))[::-1])


def mT(x: Tensor) -> Tensor:
    """The last two axes exchanged.

    Raises:
        ShapeError: fewer than two axes.
    """
    if x.ndim < 2:
        raise ShapeError(
            "mT",
            expected="at least two axes",
            received=f"shape {x.shape}",
            remedy="add an axis with unsqueeze",
        )
    return transpose(x, -2, -1)


Tensor.T = property(t)  # type: ignore[assignment]
Tensor.mT = property(mT)  # type: ignore[assignment]


def _permute(operation: str, x: Tensor, dims: Shape) -> Tensor:
    backend_of(operation, x)
    order = [axis_in(operation, dim, x.ndim) for dim in dims]
    if sorted(order) != list(range(x.ndim)):
        raise ShapeError(
            operation,
            expected=f"each of the {x.ndim} axes once",
            received=f"{dims} for shape {x.shape}",
            remedy="name every axis, in the order wanted",
        )
    back = [order.index(axis) for axis in range(x.ndim)]
    return shares(operation, x, x.array.transpose(order), lambda dy: dy.transpose(back))


def _several(dims: int | Sequence[int]) -> Sequence[int]:
    return (dims,) if isinstance(dims, int) else dims
