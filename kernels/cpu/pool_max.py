"""The largest of each window, and its gradient: vectors of channels, pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pool_windows import span
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

INDEX = 8  # bytes of a place
MOST_LANES = 16
Body = Callable[[Value, "Value | None", Value, Value], None]


class Largest(NamedTuple):
    """Addresses, sizes, and bytes from one image, row and pixel to the next.

    A piece has `block` of all rows of windows. `rows` and `columns` are tables of the windows,
    whose pixels lie `down` and `right` apart.
    """

    x: int
    x_image: int
    x_row: int
    x_pixel: int
    y: int
    y_image: int
    y_row: int
    y_pixel: int
    places: int
    places_image: int
    places_row: int
    places_pixel: int
    rows: int
    columns: int
    images: int
    height: int
    width: int
    channels: int
    down: int
    right: int
    line: int  # pixels in a row of x
    block: int


@cache
def largest(dtype: str) -> Task:
    """The task that takes `Largest`."""
    size = SIZES[dtype]

    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        def window_row(k: Value, _: list[Value]) -> list[Value]:
            number = index * p.block + k
            n, i = number // p.height, number % p.height
            top, rows = span(v, p.rows, i)

            def window(j: Value, _: list[Value]) -> list[Value]:
                left, columns = span(v, p.columns, j)
                x = p.x + n * p.x_image + top * p.x_row + left * p.x_pixel
                y = p.y + n * p.y_image + i * p.y_row + j * p.y_pixel
                place = p.places + n * p.places_image + i * p.places_row + j * p.places_pixel
                first = top * p.line + left

                def channels(c: Value, mask: Value | None) -> None:
                    def row(r: Value, best: list[Value]) -> list[Value]:
                        def pixel(s: Value, best: list[Value]) -> list[Value]:
                            right = s * p.right
                            at = x + r * (p.down * p.x_row) + right * p.x_pixel + c * size
                            value = read(v, at, dtype, mask)
                            better = (value > best[0]) | value.is_nan()
                            here = v.splat((first + r * (p.down * p.line) + right).to("int32"))
                            return [
                                v.select(better, value, best[0]),
                                v.select(better, here, best[1]),
                            ]

                        return v.loop(columns, best, pixel)

                    start = [v.splat(-math.inf), v.splat(first.to("int32"))]
                    value, at = v.loop(rows, start, row)
                    write(v, value, y + c * size, dtype, mask)
                    v.store(at.to("int64"), place + c * INDEX, mask)

                v.each(p.channels, channels)
                return []

            v.loop(p.width, [], window)
            return []

        rest = p.images * p.height - index * p.block
        v.loop(v.select(rest < p.block, rest, p.block), [], window_row)

    @task(Largest, dtype)
    def largest(index: int, memory: int, p: Largest) -> None:
        piece(index, p)

    return largest


class Chosen(NamedTuple):
    """Addresses, sizes, and bytes from one image, row and pixel to the next.

    A piece has one image and `group` of the channels; `groups` of them are all. x has the large
    image, without gaps between pixels. `wrong` is room for MOST_LANES int64, which stay 0 if all
    indices are inside.
    """

    y: int
    y_image: int
    y_row: int
    y_pixel: int
    places: int
    places_image: int
    places_row: int
    places_pixel: int
    x: int
    x_image: int
    x_pixel: int
    pixels: int
    height: int
    width: int
    channels: int
    groups: int
    group: int
    wrong: int


@cache
def spread(dtype: str) -> Task:
    """The task that adds all y to the pixels that the indices name, and 0 to the others.

    16-bit sums are float32, in memory: a float32 for each pixel and channel of the group.
    """
    size, narrow = SIZES[dtype], dtype != "float32"

    @vector_code(host())
    def piece(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        n, start = index // p.groups, index % p.groups * p.group
        channels = v.select(p.channels - start < p.group, p.channels - start, p.group)
        result = p.x + n * p.x_image + start * size
        sums, pitch = (memory, p.group * 4) if narrow else (result, p.x_pixel)

        def clear(k: Value, _: list[Value]) -> list[Value]:
            v.each(channels, lambda c, mask: v.store(v.splat(0.0), sums + k * pitch + c * 4, mask))
            return []

        def add(c: Value, mask: Value | None, y: Value, place: Value) -> None:
            at, right = _inside(v, place + c * INDEX, p, mask)
            target = at * v.splat(pitch) + v.places(sums + c * 4, 4)
            old = v.gather_at(target, mask=right)
            v.scatter_at(old + read(v, y + c * size, dtype, mask), target, right)

        def finish(k: Value, _: list[Value]) -> list[Value]:
            def store(c: Value, mask: Value | None) -> None:
                total = v.load(sums + k * pitch + c * 4, mask=mask)
                write(v, total, result + k * p.x_pixel + c * size, dtype, mask)

            v.each(channels, store)
            return []

        v.loop(p.pixels, [], clear)
        _windows(v, n, start, channels, p, size, add)
        if narrow:
            v.loop(p.pixels, [], finish)

    @task(Chosen, dtype)
    def spread(index: int, memory: int, p: Chosen) -> None:
        piece(index, memory, p)

    return spread


@cache
def picked(size: int) -> Task:
    """The task that fills y with the numbers, of so many bytes, of the pixels that indices name."""
    bits = {4: "int32", 2: "uint16"}[size]

    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        n, start = index // p.groups, index % p.groups * p.group
        channels = v.select(p.channels - start < p.group, p.channels - start, p.group)
        x = p.x + n * p.x_image + start * size

        def pick(c: Value, mask: Value | None, y: Value, place: Value) -> None:
            at, right = _inside(v, place + c * INDEX, p, mask)
            source = at * v.splat(p.x_pixel) + v.places(x + c * size, size)
            v.store(v.gather_at(source, bits, right), y + c * size, mask)

        _windows(v, n, start, channels, p, size, pick)

    @task(Chosen, f"{size}")
    def picked(index: int, memory: int, p: Chosen) -> None:
        piece(index, p)

    return picked


def _windows(
    v: Emitter, n: Value, start: Value, channels: Value, p: Any, size: int, body: Body
) -> None:
    """body(c, mask, y, index) for all windows of image n: addresses of channel `start`."""

    def row(i: Value, _: list[Value]) -> list[Value]:
        def window(j: Value, _: list[Value]) -> list[Value]:
            y = p.y + n * p.y_image + i * p.y_row + j * p.y_pixel + start * size
            place = p.places + n * p.places_image + i * p.places_row + j * p.places_pixel
            place = place + start * INDEX
            v.each(channels, lambda c, mask: body(c, mask, y, place))
            return []

        v.loop(p.width, [], window)
        return []

    v.loop(p.height, [], row)


def _inside(v: Emitter, address: Value, p: Any, mask: Value | None) -> tuple[Value, Value]:
    """Indices, and the mask of those that are pixels; notes in `wrong` if some are not."""
    at = v.load(address, "int64", mask)
    right = (at >= 0) & (at < v.splat(p.pixels))
    wrong = ~right if mask is None else mask & ~right
    v.store(v.splat(1, "int64"), p.wrong, wrong)
    return at, right if mask is None else mask & right
