"""Tensors joined, and turned around or cut along their axes: forward and backward."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from dlcore.autograd import GradientRule, result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, order_of
from dlcore.backend.interface.checks import axes_in, axis_in
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import clone
from dlcore.ops.operands import promoted
from dlcore.ops.pieces import part
from dlcore.ops.rules import pointwise
from dlcore.ops.shape import expand, flatten, movedim, reshape, unsqueeze
from dlcore.tensors import Tensor


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along axis `dim`.

    Shapes: equal, except along `dim`; tensors of shape (0,) are left out, as in PyTorch.
    Dtypes: all, promoted. Layout: rows; channels last if all tensors are.

    >>> import dlcore as dl
    >>> dl.cat([dl.tensor([[1], [2]]), dl.tensor([[3], [4]])], dim=1)
    tensor([[1, 3],
            [2, 4]], dtype=int64)

    Raises:
        ShapeError: nothing to join, or shapes that differ elsewhere.
    """
    return _joined("cat", tensors, dim)


concat = cat


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """As `cat`."""
    return _joined("concatenate", tensors, axis)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis `dim`.

    >>> import dlcore as dl
    >>> dl.stack([dl.tensor([1, 2]), dl.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]], dtype=int64)

    Raises:
        ShapeError: nothing to join, or different shapes.
    """
    if len({tensor.shape for tensor in listed("stack", tensors)}) != 1:
        raise ShapeError(
            "stack",
            expected="one or more tensors of one shape",
            received=", ".join(str(tensor.shape) for tensor in tensors) or "none",
            remedy="expand or cut them to one shape",
        )
    axis = axis_in("stack", dim, tensors[0].ndim + 1)
    return _joined("stack", [unsqueeze(tensor, axis) for tensor in tensors], axis)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: along axis 1, vectors along axis 0."""
    parts = [
        tensor if tensor.ndim else unsqueeze(tensor, 0) for tensor in listed("hstack", tensors)
    ]
    return _joined("hstack", parts, 1 if parts and parts[0].ndim > 1 else 0)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors below each other: along axis 0, vectors as rows."""
    parts = [
        tensor if tensor.ndim > 1 else reshape(tensor, (1, tensor.numel()))
        for tensor in listed("vstack", tensors)
    ]
    return _joined("vstack", parts, 0)


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one behind the other, along axis 2; matrices and vectors get the axes they lack."""
    return cat(_with_three_axes(listed("dstack", tensors)), 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side, along axis 1; vectors are columns.

    >>> import dlcore as dl
    >>> dl.column_stack((dl.tensor([1, 2]), dl.tensor([3, 4])))
    tensor([[1, 3],
            [2, 4]], dtype=int64)
    """
    return cat(
        [x if x.ndim > 1 else reshape(x, (x.numel(), 1)) for x in listed("column_stack", tensors)],
        1,
    )


def atleast_1d(*tensors: Tensor) -> Any:
    """The tensors, numbers as vectors; one by itself, several as a tuple."""
    return _alone([x if x.ndim else unsqueeze(x, 0) for x in tensors])


def atleast_2d(*tensors: Tensor) -> Any:
    """The tensors, vectors as rows; as `atleast_1d`."""
    return _alone([x if x.ndim > 1 else reshape(x, (1, x.numel())) for x in tensors])


def _with_three_axes(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Vectors become rows, matrices get a third axis of length 1."""
    rows = [x if x.ndim > 1 else reshape(x, (1, x.numel())) for x in tensors]
    return [x if x.ndim > 2 else unsqueeze(x, 2) for x in rows]


def _alone(tensors: list[Tensor]) -> Any:
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def listed(operation: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors to join.

    Raises:
        DtypeError: not a list or tuple, or of something else than tensors.
    """
    if not isinstance(tensors, list | tuple) or not all(isinstance(x, Tensor) for x in tensors):
        raise DtypeError(
            operation,
            expected="a list or tuple of tensors",
            received=f"{type(tensors).__name__}: {tensors!r:.40}",
            remedy=f"write for example {operation}([x, y])",
        )
    return list(tensors)


def _joined(operation: str, tensors: Sequence[Tensor], dim: int) -> Tensor:
    tensors = listed(operation, tensors)
    parts = [tensor for tensor in tensors if tensor.shape != (0,)] or list(tensors)
    if not parts:
        raise ShapeError(
            operation,
            expected="at least one tensor",
            received="none",
            remedy="start with a tensor, or skip the empty case",
        )
    kept = {id(tensor) for tensor in parts}
    parts = [  # those left out have a say in the dtype
        common
        for tensor, common in zip(tensors, promoted(operation, *tensors), strict=True)
        if id(tensor) in kept
    ]
    backend, arrays = parts[0].backend, [tensor.array for tensor in parts]
    y = primitives.concatenate(backend, *arrays, axis=dim)
    axis = axis_in(operation, dim, y.ndim)
    ends = list(accumulate(array.shape[axis] for array in arrays))

    def rule(number: int) -> GradientRule:
        place = slice(ends[number - 1] if number else 0, ends[number])
        return lambda dy: dy[(*[slice(None)] * axis, place)]

    def nothing(dy: Array) -> Array:
        return primitives.fill(backend, shape=(0,), dtype=dy.dtype, order=(0,), value=0)

    rules = [(tensor, rule(number)) for number, tensor in enumerate(parts)]
    rules += [(tensor, nothing) for tensor in tensors if tensor.shape == (0,) != y.shape]
    return result(operation, y, backend, *rules)


def flip(input: Tensor, dims: int | Sequence[int]) -> Tensor:
    """The axes `dims` run backwards; a copy.

    >>> import dlcore as dl
    >>> dl.flip(dl.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1], dtype=int64)

    Raises:
        ShapeError: no such axis, or one given twice.
    """
    listed = [dims] if isinstance(dims, int) else dims
    axes, backend = axes_in("flip", listed, input.ndim), input.backend
    turn = tuple(slice(None, None, -1 if axis in axes else 1) for axis in range(input.ndim))

    def turned(array: Array) -> Array:
        order = order_of(array)
        return primitives.copy(backend, array[(*turn, ...)], dtype=array.dtype, order=order)

    return result("flip", turned(input.array), backend, (input, turned))


@methods("flip")
def _flip_method(x: Tensor, *dims: Any) -> Tensor:
    """As the function `flip`: `x.flip(0, 1)` or `x.flip((0, 1))`."""
    return flip(x, dims[0] if len(dims) == 1 else dims)


@method
def roll(
    input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None
) -> Tensor:
    """Elements moved on by `shifts` places along `dims`; what leaves comes in at the other end.

    Along the flattened tensor if `dims` is None.

    >>> import dlcore as dl
    >>> dl.roll(dl.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2], dtype=int64)

    Raises:
        OptionError: not a shift for each axis.
    """
    steps = [shifts] if isinstance(shifts, int) else list(shifts)
    if dims is None and len(steps) == 1:
        return reshape(roll(flatten(input), steps, 0), input.shape)
    axes = [dims] if isinstance(dims, int) else list(dims or ())
    if len(steps) != len(axes):
        raise OptionError(
            "roll",
            expected="a shift for each axis",
            received=f"shifts {shifts}, dims {dims}",
            remedy="give as many of each",
        )
    whole = input
    for step, dim in zip(steps, axes, strict=True):
        axis = axis_in("roll", dim, input.ndim)
        if input.ndim and (away := step % max(input.shape[axis], 1)):
            before = (slice(None),) * axis
            front, back = (
                part("roll", input, (*before, piece))
                for piece in (slice(-away), slice(-away, None))
            )
            input = _joined("roll", [back, front], axis)
    return clone(input) if input is whole else input


@method
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Matrices (the last two axes) with zeros above the diagonal with this number.

    >>> import dlcore as dl
    >>> dl.tril(dl.tensor([[1, 2], [3, 4]]))
    tensor([[1, 0],
            [3, 4]], dtype=int64)

    Raises:
        ShapeError: fewer than two axes.
    """
    return _triangle("tril", input, "keep", diagonal)


@method
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Matrices (the last two axes) with zeros below the diagonal with this number."""
    return _triangle("triu", input, "drop", diagonal - 1)


def _triangle(operation: str, x: Tensor, rule: str, diagonal: int) -> Tensor:
    """What the rule leaves, given a mask of the places up to a diagonal."""
    _require_matrix(operation, x)
    backend, shape = x.backend, x.shape
    lower = backend.upload(np.tri(shape[-2], shape[-1], diagonal, dtype=np.bool_))
    mask = backend.expand(lower, shape)

    def masked(array: Array) -> Array:
        return pointwise(backend, rule, mask, array)

    return result(operation, masked(x.array), backend, (x, masked))


@method
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements of axes `dim1` and `dim2` with places (i, i + offset), as the last axis.

    Raises:
        ShapeError: fewer than two axes, or one axis twice.
    """
    _require_matrix("diagonal", input)
    across, along = axis_in("diagonal", dim1, input.ndim), axis_in("diagonal", dim2, input.ndim)
    if across == along:
        raise ShapeError(
            "diagonal",
            expected="two different axes",
            received=f"axes {dim1} and {dim2} of shape {input.shape}",
            remedy="name the axes of the matrices",
        )
    height, width = input.shape[across], input.shape[along]
    count = max(0, min(height, width - offset) if offset > 0 else min(height + offset, width))
    start = offset if offset > 0 else -offset * width
    step = width + 1  # one row down and one place on, in the flattened matrix
    line = slice(start, start + (count - 1) * step + 1, step) if count else slice(0)
    flat = flatten(movedim(input, (across, along), (-2, -1)), -2)
    return part("diagonal", flat, (*[slice(None)] * (flat.ndim - 1), line))


def meshgrid(*tensors: Tensor, indexing: str = "ij") -> tuple[Tensor, ...]:
    """For each vector a grid with its values along one axis, all of one shape; views.

    Args:
        tensors: vectors.
        indexing: "ij": axis n belongs to vector n; "xy": the first two are exchanged.

    Raises:
        ShapeError: a tensor with several axes. OptionError: another indexing.
    """
    if indexing not in ("ij", "xy"):
        raise OptionError(
            "meshgrid",
            expected="indexing 'ij' or 'xy'",
            received=repr(indexing),
            remedy="'ij' is the order of the arguments",
        )
    if any(tensor.ndim > 1 for tensor in tensors):
        raise ShapeError(
            "meshgrid",
            expected="vectors",
            received=", ".join(str(tensor.shape) for tensor in tensors),
            remedy="flatten them",
        )
    axes = list(range(len(tensors)))
    if indexing == "xy":
        axes[:2] = axes[:2][::-1]
    lengths = [tensors[axis].numel() for axis in axes]
    return tuple(
        expand(
            reshape(tensor, [-1 if place == axes[number] else 1 for place in range(len(axes))]),
            lengths,
        )
        for number, tensor in enumerate(tensors)
    )


def _require_matrix(operation: str, x: Tensor) -> None:
    if x.ndim < 2:
        raise ShapeError(
            operation,
            expected="at least two axes",
            received=f"shape {x.shape}",
            remedy="add an axis with unsqueeze",
        )


__all__ = [
    "cat",
    "concat",
    "concatenate",
    "diagonal",
    "flip",
    "hstack",
    "meshgrid",
    "roll",
    "stack",
    "tril",
    "triu",
    "vstack",
]
