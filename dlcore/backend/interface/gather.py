"""Values picked by index, and put where an index says.

Indices are int32 or int64 and count from 0; `flat_index` brings others to that form.
"""

from __future__ import annotations

from dlcore.backend.interface.array import Array, Shape, Spec, int32, int64, like, order_of, rows
from dlcore.backend.interface.checks import (
    axis_in,
    require_dtype,
    require_option,
    require_same_dtype,
)
from dlcore.backend.interface.primitive import checks_values, primitive
from dlcore.backend.interface.rule import NUMBERS
from dlcore.errors import OptionError, ShapeError

INDICES = frozenset({int32, int64})
REDUCE = ("set", "add")


@checks_values
@primitive
def flat_index(*indices: Array, lengths: Shape, axes: tuple[int, ...]) -> Array:
    """Y = (..(i n2 + j) n3 + k ..): where an element lies among axes of lengths n1 n2 n3 in rows.

    Indices below 0 count from the end of their axis.

    Shapes: indices: one for each length, all of one shape; y: that shape, int64, rows.
    `axes` are the numbers by which errors call the axes.

    Raises:
        ShapeError, DtypeError: the indices do not fit each other, or are not integers.
        IndexRangeError: an index is not from -n to n - 1.
    """
    for index in indices:
        require_dtype("index", "an index", index, INDICES)
    if not len(indices) == len(lengths) == len(axes):
        raise OptionError(
            "index",
            expected="an index for each axis",
            received=f"{len(indices)} indices, lengths {lengths}, axes {axes}",
            remedy="give as many of each",
        )
    if len({index.shape for index in indices}) != 1:
        raise ShapeError(
            "index",
            expected="indices of one shape",
            received=", ".join(str(index.shape) for index in indices),
            remedy="broadcast them first",
        )
    return Spec(indices[0].shape, int64)


@checks_values
@primitive
def take(x: Array, index: Array, *, axis: int) -> Array:
    """Y[.., i, ..] = x[.., index[i], ..]: slices along `axis`.

    Shapes: x: (A.., n, B..); index: (I..); y: (A.., I.., B..). Layout: y keeps x's memory order if
    index has one axis, else it is rows. Dtypes: all.

    Raises:
        ShapeError: x has no such axis. DtypeError: index is not int32 or int64.
        IndexRangeError: an index is not from 0 to n - 1.
    """
    require_dtype("take", "index", index, INDICES)
    place = _axis("take", x, axis)
    shape = (*x.shape[:place], *index.shape, *x.shape[place + 1 :])
    return Spec(shape, x.dtype, order_of(x) if index.ndim == 1 else rows(len(shape)))


@checks_values
@primitive
def put(x: Array, index: Array, source: Array, *, axis: int, reduce: str) -> Array:
    """Y = x, but y[.., index[i], ..] = source[.., i, ..] ("set"), or increased by it ("add").

    Shapes: x, y: (A.., n, B..); index: (I..); source: (A.., I.., B..). Layout: y keeps x's memory
    order, and may be x's memory. Dtypes: all, x and source the same; "add" not of bool. 16-bit
    sums, x included, are fp32 and rounded once. Where an index repeats, "set" keeps the last.

    Raises:
        ShapeError, DtypeError, OptionError: operands that do not fit.
        IndexRangeError: an index is not from 0 to n - 1.
    """
    _check_reduce("put", x, index, source, reduce)
    place = _axis("put", x, axis)
    shape = (*x.shape[:place], *index.shape, *x.shape[place + 1 :])
    if source.shape != shape:
        raise ShapeError(
            "put",
            expected=f"a source of shape {shape}, for x {x.shape} and index {index.shape}",
            received=f"shape {source.shape}",
            remedy="give a slice for each index",
        )
    return like(x)


@checks_values
@primitive
def gather(x: Array, index: Array, *, axis: int) -> Array:
    """Y[i, j] = x[index[i, j], j] for axis 0: one element of a line along `axis` for each index.

    Shapes: index, y: one shape, with x's number of axes, no longer than x except along `axis`.
    Layout: y is rows. Dtypes: all.

    Raises:
        ShapeError: lengths that do not fit. DtypeError: index is not int32 or int64.
        IndexRangeError: an index is not from 0 to n - 1.
    """
    require_dtype("gather", "index", index, INDICES)
    _require_within("gather", index, x.shape, _axis("gather", x, axis), "x")
    return Spec(index.shape, x.dtype)


@checks_values
@primitive
def scatter(x: Array, index: Array, source: Array, *, axis: int, reduce: str) -> Array:
    """Y = x, but y[index[i, j], j] = source[i, j] ("set"), or increased by it ("add"), for axis 0.

    Shapes: x, y: one shape; index, source: one shape, no longer than x except along `axis`.
    Layout, dtypes, sums, repeated indices: as `put`.

    Raises:
        ShapeError, DtypeError, OptionError: operands that do not fit.
        IndexRangeError: an index is not from 0 to n - 1.
    """
    _check_reduce("scatter", x, index, source, reduce)
    _require_within("scatter", index, x.shape, _axis("scatter", x, axis), "x")
    if source.shape != index.shape:
        raise ShapeError(
            "scatter",
            expected=f"a source of the index's shape {index.shape}",
            received=f"shape {source.shape}",
            remedy="give an element for each index",
        )
    return like(x)


def _axis(operation: str, x: Array, axis: int) -> int:
    if not x.ndim:
        raise ShapeError(
            operation,
            expected="a tensor with at least one axis",
            received="a tensor without axes",
            remedy="add one with unsqueeze",
        )
    return axis_in(operation, axis, x.ndim)


def _check_reduce(operation: str, x: Array, index: Array, source: Array, reduce: str) -> None:
    require_dtype(operation, "index", index, INDICES)
    require_same_dtype(operation, x=x, source=source)
    require_option(operation, "reduce", reduce, REDUCE)
    if reduce == "add":
        require_dtype(operation, "x", x, NUMBERS)


def _require_within(operation: str, index: Array, shape: Shape, axis: int, name: str) -> None:
    fits = index.ndim == len(shape) and all(
        place == axis or length <= shape[place] for place, length in enumerate(index.shape)
    )
    if not fits and index.size:
        raise ShapeError(
            operation,
            expected=f"an index as {name} of shape {shape}, or shorter, except along axis {axis}",
            received=f"shape {index.shape}",
            remedy="cut or expand the index",
        )


__all__ = ["INDICES", "flat_index", "gather", "put", "scatter", "take"]
