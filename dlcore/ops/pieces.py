"""Parts of tensors along an axis, all of them views: forward and backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, Spec, like, order_of
from dlcore.backend.interface.checks import axis_in
from dlcore.errors import IndexRangeError, OptionError, ShapeError
from dlcore.ops.attach import method, methods
from dlcore.ops.shape import shares
from dlcore.tensors import Tensor


def part(operation: str, x: Tensor, index: tuple[Any, ...]) -> Tensor:
    """The view `x[index]` for slices, integers, None and Ellipsis that are known to fit."""
    backend, whole = x.backend, like(x.array)
    return shares(
        operation, x, x.array[(*index, ...)], lambda dy: placed(backend, whole, index, dy)
    )


def placed(backend: Backend, whole: Spec, index: tuple[Any, ...], dy: Array) -> Array:
    """Zeros of the shape of `whole`, with dy at `index`."""
    shape, order = whole.shape, order_of(whole)
    dx = primitives.fill(backend, shape=shape, dtype=dy.dtype, order=order, value=0)
    view = dx[(*index, ...)]
    primitives.copy.into(backend, view, dy, dtype=dy.dtype, order=order_of(view))
    return dx


@method
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`length` places of axis `dim`, from `start` on.

    Raises:
        IndexRangeError: the axis is shorter.
    """
    axis = axis_in("narrow", dim, input.ndim)
    _require_axes("narrow", input)
    size = input.shape[axis]
    first = start + size if start < 0 else start
    if not 0 <= first <= size or not 0 <= length <= size - first:
        raise IndexRangeError(
            "narrow",
            expected=f"places from 0 to {size} of axis {axis} of shape {input.shape}",
            received=f"start {start}, length {length}",
            remedy="take fewer places",
        )
    return part("narrow", input, _along(axis, slice(first, first + length)))


@method
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at place `index` of axis `dim`, without that axis.

    Raises:
        IndexRangeError: no such place.
    """
    axis = axis_in("select", dim, input.ndim)
    _require_axes("select", input)
    return part("select", input, _along(axis, in_range("select", index, axis, input)))


def in_range(operation: str, index: int, axis: int, x: Tensor) -> int:
    """A place on an axis of x, counted from the front; refused if there is none."""
    length = x.shape[axis]
    if not -length <= index < length:
        raise IndexRangeError(
            operation,
            expected=f"an index from {-length} to {length - 1} for axis {axis} of shape {x.shape}",
            received=str(index),
            remedy="count places from 0, or from -1 backwards",
        )
    return index % length


@method
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices at all places of axis `dim`."""
    axis = axis_in("unbind", dim, input.ndim)
    _require_axes("unbind", input)
    return tuple(part("unbind", input, _along(axis, place)) for place in range(input.shape[axis]))


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces along axis `dim`: of one length, the last maybe shorter, or of those listed.

    >>> import dlcore as dl
    >>> dl.split(dl.tensor([1, 2, 3]), 2)
    (tensor([1, 2], dtype=int64), tensor([3], dtype=int64))

    Raises:
        ShapeError: the lengths do not add up to that of the axis, or are negative.
        OptionError: pieces without length.
    """
    axis = axis_in("split", dim, tensor.ndim)
    _require_axes("split", tensor)
    length = tensor.shape[axis]
    if isinstance(split_size_or_sections, int):
        if split_size_or_sections < 0 or (split_size_or_sections == 0 and length):
            raise OptionError(
                "split",
                expected="pieces of at least one place",
                received=f"split_size {split_size_or_sections} for shape {tensor.shape}",
                remedy="give the length of a piece, or use chunk for a number of pieces",
            )
        step = max(split_size_or_sections, 1)
        ends = [*range(step, length, step), length]
    else:
        sizes = split_size_or_sections
        if sum(sizes) != length or any(size < 0 for size in sizes):
            raise ShapeError(
                "split",
                expected=f"lengths that add up to {length}, that of axis {axis}",
                received=f"{list(sizes)} for shape {tensor.shape}",
                remedy="let the last piece take the rest",
            )
        ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    return _cut("split", tensor, axis, ends)


@methods("split")
def _split_method(x: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """As the function `split`."""
    return split(x, split_size, dim)


@method
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many pieces of one length along axis `dim`, the last maybe shorter.

    Raises:
        OptionError: fewer than one.
    """
    if chunks < 1:
        raise OptionError(
            "chunk", expected="at least 1 piece", received=str(chunks), remedy="ask for more"
        )
    axis = axis_in("chunk", dim, input.ndim)
    _require_axes("chunk", input)
    length = input.shape[axis]
    if not length:
        return tuple(part("chunk", input, ()) for _ in range(chunks))
    return split(input, -(-length // chunks), axis)


@method
def tensor_split(
    input: Tensor, indices_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces along axis `dim`: so many, the first ones longer by one, or cut at the places given.

    Raises:
        OptionError: fewer than one piece.
    """
    axis = axis_in("tensor_split", dim, input.ndim)
    _require_axes("tensor_split", input)
    length = input.shape[axis]
    if not isinstance(indices_or_sections, int):
        return _cut("tensor_split", input, axis, [*indices_or_sections, length])
    if indices_or_sections < 1:
        raise OptionError(
            "tensor_split",
            expected="at least 1 piece",
            received=str(indices_or_sections),
            remedy="ask for more",
        )
    size, longer = divmod(length, indices_or_sections)
    ends = [size * n + min(n, longer) for n in range(1, indices_or_sections + 1)]
    return _cut("tensor_split", input, axis, ends)


def _cut(operation: str, x: Tensor, axis: int, ends: Sequence[int]) -> tuple[Tensor, ...]:
    """The pieces of an axis between places; a piece that ends before it starts is empty."""
    starts = [0, *ends[:-1]]
    slices = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
    return tuple(part(operation, x, _along(axis, piece)) for piece in slices)


def _along(axis: int, index: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * axis, index)


def _require_axes(operation: str, x: Tensor) -> None:
    if not x.ndim:
        raise ShapeError(
            operation,
            expected="a tensor with at least one axis",
            received="a tensor without axes",
            remedy="add one with unsqueeze",
        )


__all__ = [
    "chunk",
    "in_range",
    "narrow",
    "part",
    "placed",
    "select",
    "split",
    "tensor_split",
    "unbind",
]
