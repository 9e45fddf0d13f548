"""From tiles to planes; on the way an input may be normalised, a gradient be that of a norm."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import Target, host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, rounded
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.cpu.winograd_matrices import Matrix, multiply
from dlcore.kernels.cpu.winograd_tiles import (
    LANES,
    LINE,
    Grid,
    Images,
    Planes,
    Tile,
    following,
    place,
)

PLAIN, NORM, RELU, GRADIENT = range(4)


class Source(NamedTuple):
    """What becomes of the numbers that are read.

    Attributes:
        kind: nothing; norm, or ReLU of norm; the gradient of norm.
        lines: address of what `batch_norm.prepare` fills, for a gradient `batch_norm_gradient`'s.
        line: bytes from one to the next.
        other: bytes from the gradient to what was normalised.
    """

    kind: int
    lines: int = 0
    line: int = 0
    other: int = 0


AS_IT_IS = Source(PLAIN)


def into_planes(
    target: Target, matrix: Matrix, dtype: str, masked: bool, stream: bool = False
) -> Any:
    """The intrinsic that transforms a vector of a tile's channels, for a Tile and a Source.

    With `masked` only what exists is read, and all else counts as 0. With `stream` planes are
    written past the caches, and a fence must follow.
    """
    side, count = range(len(matrix[0])), len(matrix)

    @vector_code(target)
    def into(v: Emitter, t: Any, source: Any) -> None:
        # Columns first, then rows, by way of memory: a tile is more than registers hold.
        size = 4 * v.lanes
        write = v.stream if stream else v.store
        tail = v.tail(t.channels) if masked else None
        down = [v.splat((t.top <= i) & (t.bottom > i)) & tail if tail else None for i in side]

        def column(j: Value, _: list[Value]) -> list[Value]:
            exists = v.splat((t.left <= j) & (t.right > j))
            masks = [mask & exists if mask else None for mask in down]
            places = [t.image + t.pixel * j + t.row * i for i in side]
            lines = source.lines + t.channel

            def those(distance: Value) -> list[Value]:
                pairs = zip(places, masks, strict=True)
                return [read(v, place + distance, dtype, mask) for place, mask in pairs]

            def line(number: int) -> Value:
                return v.load(lines + source.line * number, mask=tail)

            def shown(values: list[Value]) -> list[Value]:
                """As they would have been read."""
                values = [rounded(v, value, dtype) for value in values]
                pairs = zip(values, masks, strict=True)
                return [v.select(mask, x, v.splat(0.0)) if mask else x for x, mask in pairs]

            def normalised(values: list[Value]) -> list[Value]:
                mean, scale, shift = map(line, range(3))
                least = v.select(source.kind.equals(RELU), v.splat(0.0), v.splat(-float("inf")))
                values = [v.fma(x - mean, scale, shift) for x in values]
                return shown([v.select(x <= least, least, x) for x in values])

            def gradient(values: list[Value]) -> list[Value]:
                mean, scale, off, slope = map(line, range(4))
                raw = those(source.other)
                taken = [v.fma(x - mean, slope, off) for x in raw]
                pairs = zip(values, taken, strict=True)
                return shown([(dy - off) * scale for dy, off in pairs])

            values = those(v.integer(0))
            kind = source.kind
            values = v.when((kind > PLAIN) & (kind < GRADIENT), values, normalised)
            values = v.when(kind.equals(GRADIENT), values, gradient)
            for i, value in enumerate(multiply(v, matrix, values)):
                v.store(value, t.memory + j * (count * size) + i * size)
            return []

        def row(i: Value, _: list[Value]) -> list[Value]:
            values = [v.load(t.memory + i * size + j * count * size) for j in side]
            first = t.planes + t.pitch * i * count
            for j, value in enumerate(multiply(v, matrix, values)):
                write(value, first + t.pitch * j)
            return []

        v.loop(v.integer(len(side)), [], column)
        v.loop(v.integer(count), [], row)

    return into


@cache
def loader(matrix: Matrix, step: int, dtype: str) -> Any:
    """Compiled: transform tiles of images, `step` pixels apart, into planes.

    Arguments: images and what becomes of them, grid, number of the first tile, how many tiles,
    planes, memory for a tile.
    """
    whole, part = (into_planes(host(), matrix, dtype, masked) for masked in (False, True))
    side, jump = len(matrix[0]), LANES * SIZES[dtype]

    @compiled
    def load(
        x: Images, source: Source, grid: Grid, first: int, count: int, planes: Planes, memory: int
    ) -> None:
        number, down, across = place(grid, first)
        for tile in range(count):
            i, j = down * step - grid.top, across * step - grid.left
            image = x.address + number * x.image + i * x.row + j * x.pixel
            to = planes.address + tile * LINE
            bottom, right = x.height - i, x.width - j
            inside = i >= 0 and j >= 0 and bottom >= side and right >= side
            for channel in range(0, x.channels, LANES):
                left = x.channels - channel
                t = Tile(
                    image, x.row, x.pixel, -i, bottom, -j, right, left, 4 * channel, to,
                    planes.plane, memory, tile,
                )  # fmt: skip
                if inside and left >= LANES:
                    whole(t, source)
                else:
                    part(t, source)
                image += jump
                to += planes.vector
            number, down, across = following(grid, number, down, across)

    return load
