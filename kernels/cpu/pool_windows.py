"""How kernels go through windows: tables of them by axis, and vectors of channels."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Pair, bins, windows

Table = np.ndarray[Any, np.dtype[np.int64]]
Numbers = np.ndarray[Any, np.dtype[np.float32]]


Masks = list[Value | None]
VECTORS = 4


class Axis:
    """Windows along an axis. Tables are made once and stay, as plans have their addresses.

    Attributes:
        windows: the first pixel of each window and how many it has, inside the image.
        holders: the first window that each pixel is in and how many there are.
    """

    def __init__(self, size: int, ranges: list[Pair]) -> None:
        begin, end = np.array(ranges, np.int64).reshape(-1, 2).T
        self.windows = _table(begin, end)
        pixel = np.arange(size)
        self.holders = _table(
            np.searchsorted(end, pixel, "right"), np.searchsorted(begin, pixel, "right")
        )


@cache
def sliding(size: int, count: int, kernel: int, stride: int, padding: int) -> Axis:
    """Windows of `kernel` pixels, `stride` apart."""
    return Axis(size, windows(size, count, kernel, stride, padding))


@cache
def binned(size: int, count: int) -> Axis:
    """Nearly equal windows that cover the axis."""
    return Axis(size, bins(size, count))


@cache
def dilated(size: int, count: int, kernel: int, stride: int, padding: int, dilation: int) -> Table:
    """The first pixel of each window and how many it has: windows whose pixels lie apart."""
    begin = np.arange(count) * stride - padding
    first = begin - np.minimum(begin, 0) // dilation * dilation
    last = np.minimum(begin + kernel * dilation, size)
    return _table(first, first - (first - last) // dilation)


@cache
def areas(rows: Axis, columns: Axis) -> Numbers:
    """How many pixels each window has, in reading order."""
    counts = np.multiply.outer(rows.windows[:, 1], columns.windows[:, 1])
    return counts.astype(np.float32).reshape(-1)


@cache
def constant(count: int, number: float) -> Numbers:
    """The same number for each window."""
    return np.full(count, number, np.float32)


def span(v: Emitter, table: Value, row: Value) -> tuple[Value, Value]:
    """The begin and the count in a row of a table, for vector code."""
    place = table + row * 16
    return v.number(place, "int64"), v.number(place + 8, "int64")


def several(v: Emitter, count: Value, body: Callable[[Value, Masks], None]) -> None:
    """body(c, masks) for some vectors of channels at a time, as long as there are so many left.

    Memory is read in longer stretches than a vector, and sums don't wait for each other.
    """
    step = VECTORS * v.lanes

    def group(k: Value, _: list[Value]) -> list[Value]:
        body(k * step, [None] * VECTORS)
        return []

    groups = count // step
    v.loop(groups, [], group)
    v.each(count - groups * step, lambda c, mask: body(groups * step + c, [mask]))


def _table(begin: Any, end: Any) -> Table:
    """Rows of (begin, count)."""
    return np.ascontiguousarray(np.stack([begin, np.maximum(end - begin, 0)], axis=1), np.int64)
