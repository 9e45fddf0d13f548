"""From planes to tiles, and what becomes of the results on the way (`winograd_finish`)."""

from __future__ import annotations

from functools import cache
from typing import Any

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import Target, host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, write
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.cpu.winograd_finish import Finish, OfOutputs, OfSlopes
from dlcore.kernels.cpu.winograd_matrices import Matrix, matrices, multiply, transposed
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


def from_planes(target: Target, matrix: Matrix, dtype: str, masked: bool, finish: Any) -> Any:
    """The intrinsic that transforms a vector of a tile's channels back.

    Arguments: a Tile, and the options of `finish`, a kind of `Finish`. With `masked` only what
    exists is written.
    """
    side, count = range(len(matrix[0])), len(matrix)

    @vector_code(target)
    def back(v: Emitter, t: Any, options: Any) -> None:
        size = 4 * v.lanes
        tail = v.tail(t.channels) if masked else None
        across = [v.splat(t.right > j) & tail if tail else None for j in range(count)]
        after: Finish = finish(v, t, options, dtype, tail)

        def column(j: Value, _: list[Value]) -> list[Value]:
            first = t.planes + t.pitch * j
            values = [v.load(first + t.pitch * (i * len(side))) for i in side]
            for i, value in enumerate(multiply(v, matrix, values)):
                v.store(value, t.memory + j * (count * size) + i * size)
            return []

        def row(i: Value, sums: list[Value]) -> list[Value]:
            values = [v.load(t.memory + i * size + j * count * size) for j in side]
            exists = v.splat(t.bottom > i)
            masks = [mask & exists if mask else None for mask in across]
            places = [t.image + t.row * i + t.pixel * j for j in range(count)]
            results, sums = after.row(i, multiply(v, matrix, values), places, masks, sums)
            for value, here, mask in zip(results, places, masks, strict=True):
                write(v, value, here, dtype, mask)
            return sums

        v.loop(v.integer(len(side)), [], column)
        after.end(v.loop(v.integer(count), after.begin(), row))

    return back


@cache
def output_storer(tile: int, dtype: str) -> Any:
    """Compiled: transform planes into tiles of outputs.

    Arguments: images, `Outputs`, grid, number of the first tile, how many tiles, planes, memory for
    a tile. The result is how many pixels exist.
    """
    return _storer(tile, dtype, OfOutputs)


@cache
def slope_storer(tile: int, dtype: str) -> Any:
    """The same for gradients of inputs, with `Slopes`."""
    return _storer(tile, dtype, OfSlopes)


def _storer(step: int, dtype: str, finish: Any) -> Any:
    matrix = transposed(matrices(step).outputs)
    whole, part = (from_planes(host(), matrix, dtype, masked, finish) for masked in (False, True))
    jump = LANES * SIZES[dtype]

    @compiled
    def store(
        y: Images, options: Any, grid: Grid, first: int, count: int, planes: Planes, memory: int
    ) -> int:
        pixels = 0
        number, down, across = place(grid, first)
        for tile in range(count):
            i, j = down * step, across * step
            image = y.address + number * y.image + i * y.row + j * y.pixel
            of = planes.address + tile * LINE
            bottom, right = y.height - i, y.width - j
            for channel in range(0, y.channels, LANES):
                left = y.channels - channel
                t = Tile(
                    image, y.row, y.pixel, 0, bottom, 0, right, left, 4 * channel, of,
                    planes.plane, memory, tile,
                )  # fmt: skip
                if bottom >= step and right >= step and left >= LANES:
                    whole(t, options)
                else:
                    part(t, options)
                image += jump
                of += planes.vector
            pixels += min(step, bottom) * min(step, right)
            number, down, across = following(grid, number, down, across)
        return pixels

    return store
