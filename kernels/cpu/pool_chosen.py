"""What the indices of a max pooling choose: its gradient, and that gradient's adjoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

INDEX = 8  # bytes of one
MOST_LANES = 16
FLAGS = 4 * MOST_LANES  # bytes


class Window(NamedTuple):
    """A window: its row and column, and the addresses of its y and its index."""

    i: Value
    j: Value
    y: Value
    place: Value


Body = Callable[[Window, Value, "Value | None"], None]


class Chosen(NamedTuple):
    """Addresses, sizes, and bytes from one image, row and pixel to the next.

    A piece has one image and `group` of the channels; `groups` of them are all. x has the large
    image, without gaps between pixels, `line` of them in a row. Windows may be tiles of `down` x
    `right` pixels that cover it, or these are 0. `wrong` is room for MOST_LANES int64, which stay 0
    if all indices are inside.
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
    line: int
    down: int
    right: int
    height: int
    width: int
    channels: int
    groups: int
    group: int
    wrong: int


@cache
def spread(dtype: str) -> Task:
    """The task that adds all y to the pixels that the indices name, and 0 to the others.

    Tiles are filled one after the other, as long as each index lies in its tile. Otherwise x is
    cleared, and y is added where it belongs. 16-bit sums are float32, in memory: a float32 for each
    pixel and channel of the group, after a vector of flags.
    """
    size = SIZES[dtype]

    @vector_code(host())
    def piece(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        n, start = index // p.groups, index % p.groups * p.group
        channels = v.select(p.channels - start < p.group, p.channels - start, p.group)
        x = p.x + n * p.x_image + start * size

        def fill(_: list[Value]) -> list[Value]:
            v.store(v.splat(0.0), memory)
            _windows(v, n, start, channels, p, size, partial(_fill_tile, v, p, dtype, x, memory))
            return [v.max(v.load(memory))]

        (elsewhere,) = v.when(p.down > 0, [v.max(v.splat(1.0))], fill)
        spread_all = partial(_spread, v, n, start, channels, p, dtype, x, memory)
        v.when(elsewhere > 0.0, [], spread_all)

    @task(Chosen, dtype)
    def spread(index: int, memory: int, p: Chosen) -> None:
        piece(index, memory, p)

    return spread


def _fill_tile(
    v: Emitter,
    p: Any,
    dtype: str,
    x: Value,
    flags: Value,
    window: Window,
    c: Value,
    mask: Value | None,
) -> None:
    """Write all pixels of a tile; note in `flags` where the index is none of them."""
    at = v.load(window.place + c * INDEX, "int64", mask)
    value = read(v, window.y + c * SIZES[dtype], dtype, mask)
    first = window.i * p.down * p.line + window.j * p.right

    def row(r: Value, found: list[Value]) -> list[Value]:
        def pixel(s: Value, found: list[Value]) -> list[Value]:
            number = first + r * p.line + s
            here = at.equals(v.splat(number))
            target = x + number * p.x_pixel + c * SIZES[dtype]
            write(v, v.select(here, value, v.splat(0.0)), target, dtype, mask)
            return [found[0] | here]

        return v.loop(p.right, found, pixel)

    (found,) = v.loop(p.down, [at < at], row)
    v.store(v.splat(1.0), flags, ~found if mask is None else mask & ~found)


def _spread(
    v: Emitter,
    n: Value,
    start: Value,
    channels: Value,
    p: Any,
    dtype: str,
    x: Value,
    memory: Value,
    _: list[Value],
) -> list[Value]:
    size, narrow = SIZES[dtype], dtype != "float32"
    sums, pitch = (memory + FLAGS, p.group * 4) if narrow else (x, p.x_pixel)

    def clear(k: Value, _: list[Value]) -> list[Value]:
        v.each(channels, lambda c, mask: v.store(v.splat(0.0), sums + k * pitch + c * 4, mask))
        return []

    def add(window: Window, c: Value, mask: Value | None) -> None:
        at, right = _inside(v, window.place + c * INDEX, p, mask)
        target = at * v.splat(pitch) + v.places(sums + c * 4, 4)
        old = v.gather_at(target, mask=right)
        v.scatter_at(old + read(v, window.y + c * size, dtype, mask), target, right)

    def finish(k: Value, _: list[Value]) -> list[Value]:
        def store(c: Value, mask: Value | None) -> None:
            total = v.load(sums + k * pitch + c * 4, mask=mask)
            write(v, total, x + k * p.x_pixel + c * size, dtype, mask)

        v.each(channels, store)
        return []

    v.loop(p.pixels, [], clear)
    _windows(v, n, start, channels, p, size, add)
    if narrow:
        v.loop(p.pixels, [], finish)
    return []


@cache
def picked(size: int) -> Task:
    """The task that fills y with the numbers, of so many bytes, of the pixels that indices name."""
    bits = {4: "int32", 2: "uint16"}[size]

    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        n, start = index // p.groups, index % p.groups * p.group
        channels = v.select(p.channels - start < p.group, p.channels - start, p.group)
        x = p.x + n * p.x_image + start * size

        def pick(window: Window, c: Value, mask: Value | None) -> None:
            at, right = _inside(v, window.place + c * INDEX, p, mask)
            source = at * v.splat(p.x_pixel) + v.places(x + c * size, size)
            v.store(v.gather_at(source, bits, right), window.y + c * size, mask)

        _windows(v, n, start, channels, p, size, pick)

    @task(Chosen, f"{size}")
    def picked(index: int, memory: int, p: Chosen) -> None:
        piece(index, p)

    return picked


def _windows(
    v: Emitter, n: Value, start: Value, channels: Value, p: Any, size: int, body: Body
) -> None:
    """body(window, c, mask) for all windows of image n, and vectors of channels from `start` on."""

    def row(i: Value, _: list[Value]) -> list[Value]:
        def window(j: Value, _: list[Value]) -> list[Value]:
            y = p.y + n * p.y_image + i * p.y_row + j * p.y_pixel + start * size
            place = p.places + n * p.places_image + i * p.places_row + j * p.places_pixel
            here = Window(i, j, y, place + start * INDEX)
            v.each(channels, partial(body, here))
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
