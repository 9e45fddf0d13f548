"""Resizing, and its gradient: each pixel is a weighted sum of a few others, whole vectors of them.

Both follow lists: along each axis, the places and weights that an element of the result is made of.
The gradient's lists are the resizing's, the other way round.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu.arrays import Array, address, pixels, places, room, stored
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pieces import cut
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Pair
from dlcore.kernels.sampling import taps

Scale = tuple[float | None, float | None]


def resize(x: Array, y: Array, *, size: Pair, mode: str, align_corners: bool, scale: Scale) -> None:
    _sum(x, y, x.shape[2:], size, mode, align_corners, scale, adjoint=False)


def resize_gradient(
    dy: Array,
    dx: Array,
    *,
    shape: tuple[int, ...],
    mode: str,
    align_corners: bool,
    scale: Scale,
) -> None:
    _sum(dy, dx, shape[2:], dy.shape[2:], mode, align_corners, scale, adjoint=True)


def _sum(
    x: Array,
    y: Array,
    small: tuple[int, ...],
    large: tuple[int, ...],
    mode: str,
    align_corners: bool,
    scale: Scale,
    adjoint: bool,
) -> None:
    if not y.size:
        return
    n, c, height, width = y.shape
    image, result = pixels(x), room(y)
    rows, columns = (
        _lists(small[a], large[a], mode, align_corners, scale[a], adjoint) for a in range(2)
    )
    taken = rows.places.size * columns.places.size // (height * width)
    block, pieces = cut(n * height, width * c * max(1, taken))
    plan = Plan(
        *places(image),
        *places(result),
        *rows.addresses(),
        *columns.addresses(),
        n,
        height,
        width,
        c,
        block,
    )
    run(_sums(y.dtype.name), pieces, plan)
    stored(result, y)


class Lists(NamedTuple):
    """What the elements of an axis are made of: element i of places[begins[i] : begins[i + 1]]."""

    begins: np.ndarray[Any, np.dtype[np.int64]]
    places: np.ndarray[Any, np.dtype[np.int64]]
    weights: np.ndarray[Any, np.dtype[np.float32]]

    def addresses(self) -> tuple[int, int, int]:
        return address(self.begins), address(self.places), address(self.weights)


@cache
def _lists(
    size: int, count: int, mode: str, align_corners: bool, scale: float | None, adjoint: bool
) -> Lists:
    """They stay, as plans have their addresses."""
    both = taps(size, count, mode, align_corners, scale)
    sources = np.stack([places for places, _ in both], axis=1).reshape(-1)
    weights = np.stack([weights for _, weights in both], axis=1).reshape(-1)
    targets = np.repeat(np.arange(count), len(both))
    if adjoint:
        order = np.argsort(sources, kind="stable")
        sources, targets, weights = targets[order], sources[order], weights[order]
    begins = np.searchsorted(targets, np.arange((size if adjoint else count) + 1))
    return Lists(begins.astype(np.int64), sources.astype(np.int64), weights.astype(np.float32))


class Plan(NamedTuple):
    """Addresses, sizes, and bytes from one image, row and pixel to the next.

    A piece has `block` of all rows of y.
    """

    x: int
    x_image: int
    x_row: int
    x_pixel: int
    y: int
    y_image: int
    y_row: int
    y_pixel: int
    row_begins: int
    row_places: int
    row_weights: int
    column_begins: int
    column_places: int
    column_weights: int
    images: int
    height: int
    width: int
    channels: int
    block: int


@cache
def _sums(dtype: str) -> Task:
    size = SIZES[dtype]

    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        def row_of(k: Value, _: list[Value]) -> list[Value]:
            number = index * p.block + k
            n, i = number // p.height, number % p.height
            top, rows = _list(v, p.row_begins, i)

            def pixel_of(j: Value, _: list[Value]) -> list[Value]:
                left, columns = _list(v, p.column_begins, j)
                y = p.y + n * p.y_image + i * p.y_row + j * p.y_pixel

                def channels(c: Value, mask: Value | None) -> None:
                    def row(r: Value, total: list[Value]) -> list[Value]:
                        h, a = _element(v, p.row_places, p.row_weights, top + r)
                        x = p.x + n * p.x_image + h * p.x_row + c * size

                        def pixel(s: Value, total: list[Value]) -> list[Value]:
                            w, b = _element(v, p.column_places, p.column_weights, left + s)
                            value = read(v, x + w * p.x_pixel, dtype, mask)
                            return [v.fma(value, b, total[0])]

                        (in_row,) = v.loop(columns, [v.splat(0.0)], pixel)
                        return [v.fma(in_row, a, total[0])]

                    (total,) = v.loop(rows, [v.splat(0.0)], row)
                    write(v, total, y + c * size, dtype, mask)

                v.each(p.channels, channels)
                return []

            v.loop(p.width, [], pixel_of)
            return []

        rest = p.images * p.height - index * p.block
        v.loop(v.select(rest < p.block, rest, p.block), [], row_of)

    @task(Plan, dtype)
    def sums(index: int, memory: int, p: Plan) -> None:
        piece(index, p)

    return sums


def _list(v: Emitter, begins: Value, element: Value) -> tuple[Value, Value]:
    """Where an element's list begins, and how long it is."""
    place = begins + element * 8
    begin = v.number(place, "int64")
    return begin, v.number(place + 8, "int64") - begin


def _element(v: Emitter, places: Value, weights: Value, at: Value) -> tuple[Value, Value]:
    """A place, and its weight in all lanes."""
    return v.number(places + at * 8, "int64"), v.broadcast(weights + at * 4)
