"""Elements and slices picked by tensors of indices, and written where they say.

Indices are int32 or int64 and count from 0; `x[...]` also counts backwards (see `index.py`).
"""

from __future__ import annotations

import numpy as np

from dlcore.autograd import no_grad, result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, Dtype, Shape, Spec, int64, like, order_of, rows
from dlcore.backend.interface.checks import axis_in, require_dtype, require_ndim
from dlcore.backend.interface.gather import INDICES
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.attach import method, methods
from dlcore.ops.inplace import require_outside_graph, written
from dlcore.ops.operands import backend_of, scalar
from dlcore.ops.pieces import part
from dlcore.ops.shape import expand, movedim, squeeze, unflatten, unsqueeze
from dlcore.tensors import Number, Tensor


def zeros_for(
    backend: Backend, shape: Shape, dtype: Dtype, order: tuple[int, ...] | None = None
) -> Array:
    """Zeros that gradients are added into."""
    order = order or rows(len(shape))
    return primitives.fill(backend, shape=shape, dtype=dtype, order=order, value=0)


def put_gradient(backend: Backend, dy: Array, index: Array, axis: int, x: Spec) -> Array:
    """The gradient of `take` for an array described by x: dy summed where it was taken from."""
    dx = zeros_for(backend, x.shape, dy.dtype, order_of(x))
    primitives.put.into(backend, dx, dx, index, dy, axis=axis, reduce="add")
    return dx


@method
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of axis `dim` that `index` names, in its order.

    Shapes: index: (I) or a single number; the result: input's, with length I along `dim`.

    >>> import dlcore as dl
    >>> dl.index_select(dl.tensor([10, 20, 30]), 0, dl.tensor([2, 0]))
    tensor([30, 10], dtype=int64)

    Raises:
        IndexRangeError: an index is not from 0 to the length of the axis - 1.
        ShapeError, DtypeError: index has several axes, or other numbers.
    """
    backend = backend_of("index_select", input, index)
    _require_vector("index_select", index)
    whole, places = like(input.array), _with_axes(index.array)
    return result(
        "index_select",
        primitives.take(backend, input.array, places, axis=dim),
        backend,
        (input, lambda dy: put_gradient(backend, dy, places, dim, whole)),
        saved=[index],
    )


@method
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1
) -> Tensor:
    """`input`, with alpha times the slices of `source` added where `index` says along axis `dim`.

    Shapes: index: (I); source: input's shape, with length I along `dim`. Dtypes: input's and
    source's are one. 16-bit sums are fp32.

    Raises:
        IndexRangeError, ShapeError, DtypeError: as `index_select`.
    """
    source = source if alpha == 1 else source * alpha
    backend = backend_of("index_add", input, index, source)
    _require_vector("index_add", index)
    places = _with_axes(index.array)
    y = primitives.put(backend, input.array, places, source.array, axis=dim, reduce="add")
    return result(
        "index_add",
        y,
        backend,
        (input, lambda dy: dy),
        (source, lambda dy: primitives.take(backend, dy, places, axis=dim)),
        saved=[index],
    )


@methods("unfold")
def windows(x: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All slices of length `size` of an axis, `step` apart, each along a new last axis; a copy.

    Raises:
        OptionError: a size that does not fit, or a step below 1.
    """
    axis = axis_in("unfold", dimension, x.ndim)
    length = x.shape[axis] if x.ndim else 1
    if not 0 <= size <= length or step < 1:
        raise OptionError(
            "unfold",
            expected=f"size from 0 to {length} and step of at least 1",
            received=f"size {size}, step {step} for shape {x.shape}",
            remedy="choose other numbers",
        )
    starts = np.arange(0, length - size + 1, step)
    index = Tensor(x.backend.upload((starts[:, None] + np.arange(size)).reshape(-1)), x.backend)
    taken = index_select(x if x.ndim else unsqueeze(x, 0), axis, index)
    y = movedim(unflatten(taken, axis, (len(starts), size)), axis + 1, -1)
    return y if x.ndim else squeeze(y, 0)


@method
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the slices of `source` where `index` says along axis `dim`.

    Shapes, dtypes, errors: as `index_add`. Where an index repeats, the last counts for the values.
    """
    backend = backend_of("index_copy", input, index, source)
    _require_vector("index_copy", index)
    places = _with_axes(index.array)

    def for_input(dy: Array) -> Array:
        shape = (*dy.shape[:dim], places.shape[0], *dy.shape[dim:][1:])
        nothing = zeros_for(backend, shape, dy.dtype)
        return primitives.put(backend, dy, places, nothing, axis=dim, reduce="set")

    dim = axis_in("index_copy", dim, input.ndim)
    return result(
        "index_copy",
        primitives.put(backend, input.array, places, source.array, axis=dim, reduce="set"),
        backend,
        (input, for_input),
        (source, lambda dy: primitives.take(backend, dy, places, axis=dim)),
        saved=[index],
    )


@method
def index_fill(input: Tensor, dim: int, index: Tensor, value: Number) -> Tensor:
    """A copy of `input` with a number in the slices that `index` names along axis `dim`.

    Errors: as `index_select`.
    """
    axis = axis_in("index_fill", dim, input.ndim)
    _require_vector("index_fill", index)
    lengths = (*input.shape[:axis], index.numel(), *input.shape[axis + 1 :])
    number = scalar(value, input.dtype, backend_of("index_fill", input, index))
    return index_copy(input, axis, index, expand(number, lengths))


@method
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """For each index the element at that place of axis `dim`, and at its own of all other axes.

    Shapes: index and the result: one shape, with input's axes, no longer than it but for `dim`.

    >>> import dlcore as dl
    >>> dl.gather(dl.tensor([[1, 2], [3, 4]]), 1, dl.tensor([[1], [0]]))
    tensor([[2],
            [3]], dtype=int64)

    Raises:
        IndexRangeError: an index is not from 0 to the length of the axis - 1.
        ShapeError, DtypeError: shapes that do not fit, or an index of other numbers.
    """
    backend = backend_of("gather", input, index)
    before, shape = input.shape, index.shape
    a, places = _with_axes(input.array), _with_axes(index.array)
    whole = a.shape

    def gradient(dy: Array) -> Array:
        dx = zeros_for(backend, whole, dy.dtype)
        primitives.scatter.into(backend, dx, dx, places, _with_axes(dy), axis=dim, reduce="add")
        return backend.reshape(dx, before)

    y = primitives.gather(backend, a, places, axis=dim)
    return result("gather", backend.reshape(y, shape), backend, (input, gradient), saved=[index])


@method
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As `gather`, with the other axes of both broadcast; flattened if dim is None."""
    if dim is None:
        return gather(input.flatten(), 0, indices.flatten())
    axis = axis_in("take_along_dim", dim, input.ndim)
    if input.ndim != indices.ndim:
        raise ShapeError(
            "take_along_dim",
            expected=f"indices with as many axes as input of shape {input.shape}",
            received=f"shape {indices.shape}",
            remedy="add axes with unsqueeze",
        )
    shape = [
        max(a, b) if 0 not in (a, b) else 0 for a, b in zip(input.shape, indices.shape, strict=True)
    ]
    to_x = [*shape[:axis], input.shape[axis], *shape[axis + 1 :]]
    to_indices = [*shape[:axis], indices.shape[axis], *shape[axis + 1 :]]
    return gather(expand(input, to_x), axis, expand(indices, to_indices))


@method
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Tensor | Number, *, reduce: str | None = None
) -> Tensor:
    """A copy of `input` with `src` where `index` says: y[index[i, j], j] = src[i, j] for dim 0.

    Shapes: index has input's axes, and is no longer than it except along `dim`, nor than src; src
    may be a number. Dtypes: input's and src's are one. Where an index repeats, the last counts.

    Args:
        input: what is copied.
        dim: the axis that the index is for.
        index: places on that axis.
        src: what is written.
        reduce: "add" adds to the input instead.

    Raises:
        IndexRangeError, ShapeError, DtypeError: as `gather`.
        OptionError: another `reduce`.
    """
    if reduce not in (None, "add"):
        raise OptionError(
            "scatter",
            expected="reduce=None or 'add'",
            received=repr(reduce),
            remedy="combine with input afterwards",
        )
    return _scattered("scatter", input, dim, index, src, "add" if reduce else "set")


@method
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with `src` added where `index` says; everything else as `scatter`."""
    return _scattered("scatter_add", input, dim, index, src, "add")


def _scattered(
    operation: str, x: Tensor, dim: int, index: Tensor, src: Tensor | Number, reduce: str
) -> Tensor:
    source = _source(operation, x, index, src)
    backend, places = x.backend, _with_axes(index.array)
    number = x.ndim == 0
    y = primitives.scatter(
        backend, _with_axes(x.array), places, _with_axes(source.array), axis=dim, reduce=reduce
    )

    def for_x(dy: Array) -> Array:
        if reduce == "add":
            return dy
        nothing = zeros_for(backend, places.shape, dy.dtype)
        dx = primitives.scatter(backend, _with_axes(dy), places, nothing, axis=dim, reduce="set")
        return dx[0, ...] if number else dx

    def for_source(dy: Array) -> Array:
        ds = primitives.gather(backend, _with_axes(dy), places, axis=dim)
        return ds[0, ...] if number else ds

    return result(
        operation,
        y[0, ...] if number else y,
        backend,
        (x, for_x),
        (source, for_source),
        saved=[index],
    )


def _source(operation: str, x: Tensor, index: Tensor, src: Tensor | Number) -> Tensor:
    """What is written at each index."""
    if not isinstance(src, Tensor):
        backend = backend_of(operation, x, index)
        return expand(scalar(src, x.dtype, backend), index.shape)
    backend_of(operation, x, index, src)
    if src.ndim != index.ndim or any(
        have < need for have, need in zip(src.shape, index.shape, strict=True)
    ):
        raise ShapeError(
            operation,
            expected=f"src at least as long as the index of shape {index.shape}",
            received=f"shape {src.shape}",
            remedy="give an element for each index",
        )
    return part(operation, src, tuple(slice(length) for length in index.shape))


@method
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 on occurs (int64), or the sum of its weights; synchronises.

    Shapes: input, weights: (N); the result: (largest element + 1), or (minlength) if that is more.

    >>> import dlcore as dl
    >>> dl.bincount(dl.tensor([0, 2, 2]))
    tensor([1, 0, 2], dtype=int64)

    Raises:
        IndexRangeError: a negative number.
        ShapeError, DtypeError: not a vector of int32 or int64, or other weights.
    """
    backend = backend_of("bincount", input, optional=(weights,))
    require_dtype("bincount", "input", input.array, INDICES)
    require_ndim("bincount", "input", input.array, 1, "N")
    largest = int(np.max(backend.download(input.array), initial=-1))
    shape = (max(largest + 1, minlength),)
    source = scalar(1, int64, backend).expand(input.shape) if weights is None else weights
    y = zeros_for(backend, shape, source.dtype)
    primitives.put.into(backend, y, y, input.array, source.array, axis=0, reduce="add")
    return Tensor(y, backend)


# -- in place ------------------------------------------------------------------------------------


@method
def scatter_(
    x: Tensor, dim: int, index: Tensor, src: Tensor | Number, *, reduce: str | None = None
) -> Tensor:
    """As `scatter`, in place."""
    require_outside_graph("scatter_", x, src)
    with no_grad():
        return _overwrite(x, scatter(x, dim, index, src, reduce=reduce))


@method
def scatter_add_(x: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """As `scatter_add`, in place."""
    require_outside_graph("scatter_add_", x, src)
    with no_grad():
        return _overwrite(x, scatter_add(x, dim, index, src))


@method
def index_add_(x: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
    """As `index_add`, in place."""
    require_outside_graph("index_add_", x, source)
    with no_grad():
        return _overwrite(x, index_add(x, dim, index, source, alpha=alpha))


def _overwrite(x: Tensor, y: Tensor) -> Tensor:
    primitives.copy.into(x.backend, x.array, y.array, dtype=x.dtype, order=order_of(x.array))
    return written(x)


# -- helpers -------------------------------------------------------------------------------------


def _with_axes(array: Array) -> Array:
    """A number as a vector of one, as PyTorch treats it here."""
    return array if array.ndim else array[None]


def _require_vector(operation: str, index: Tensor) -> None:
    if index.ndim > 1:
        raise ShapeError(
            operation,
            expected="an index with one axis",
            received=f"shape {index.shape}",
            remedy="flatten it, or index with x[...]",
        )
