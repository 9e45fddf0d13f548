"""Tiles of images and their transforms, which lie in planes: one plane for each element of a tile.

A plane holds, for each vector of channels, a line of them for each tile: plane[vector, tile, lane].
So the rows of the matrices that are multiplied plane by plane are a constant distance apart, and
reading a tile is the same whether it is of an input, a gradient or the weights themselves.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import Target, host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.cpu.winograd_matrices import Matrix, two_sided

LANES = host().lanes
LINE = 4 * LANES  # bytes of a vector
_CACHE_LINE = 64


class Image(NamedTuple):
    """Images N H W C: address, bytes from image to image, row to row, pixel to pixel; H, W, C."""

    address: int
    image: int
    row: int
    pixel: int
    height: int
    width: int
    channels: int


class Grid(NamedTuple):
    """Where tiles lie: how many across and in all in an image; what is before row and column 0."""

    across: int
    each: int
    top: int
    left: int


class Planes(NamedTuple):
    """Transformed tiles: address, bytes from one vector of channels to the next, to the next plane.

    Tiles are a vector apart.
    """

    address: int
    vector: int
    plane: int


@compiled
def images(address: int, height: int, width: int, channels: int, size: int) -> Image:
    """Contiguous images, with `size` bytes a number."""
    pixel = channels * size
    return Image(address, height * width * pixel, width * pixel, pixel, height, width, channels)


def vectors(channels: int) -> int:
    """How many vectors hold the channels."""
    return -(-channels // LANES)


def plane_bytes(channels: int, tiles: int) -> int:
    """From plane to plane: an odd number of cache lines, so that planes don't share cache sets."""
    lines = -(-vectors(channels) * tiles * LINE // _CACHE_LINE)
    return (lines | 1) * _CACHE_LINE


def into_planes(target: Target, matrix: Matrix, dtype: str, masked: bool) -> Any:
    """The intrinsic that transforms a vector of a tile's channels.

    Arguments: address of the tile, its pitches of rows and pixels, address of the first plane,
    bytes from plane to plane; and for `masked` which rows and columns exist, from `top` to before
    `bottom`, `left` to before `right`, and how many channels. All others count as 0.
    """
    side = range(len(matrix[0]))

    @vector_code(target)
    def into(
        v: Emitter,
        x: Value,
        row: Value,
        pixel: Value,
        planes: Value,
        pitch: Value,
        top: Value,
        bottom: Value,
        left: Value,
        right: Value,
        channels: Value,
    ) -> None:
        masks: dict[tuple[int, int], Value | None] = {}
        if masked:
            tail = v.tail(channels)
            down = [v.splat((top <= i) & (bottom > i)) & tail for i in side]
            across = [v.splat((left <= j) & (right > j)) for j in side]
            masks = {(i, j): down[i] & across[j] for i in side for j in side}
        values = [
            [read(v, x + row * i + pixel * j, dtype, masks.get((i, j))) for j in side] for i in side
        ]
        results = two_sided(v, matrix, values)
        for i, line in enumerate(results):
            for j, value in enumerate(line):
                v.store(value, planes + pitch * (i * len(results) + j))

    return into


def from_planes(target: Target, matrix: Matrix, dtype: str, masked: bool) -> Any:
    """The intrinsic that transforms a vector of a tile's channels back.

    Arguments: as `into_planes`; the tile is written where it exists.
    """
    side = range(len(matrix[0]))

    @vector_code(target)
    def back(
        v: Emitter,
        y: Value,
        row: Value,
        pixel: Value,
        planes: Value,
        pitch: Value,
        bias: Value,
        relu: Value,
        bottom: Value,
        right: Value,
        channels: Value,
    ) -> None:
        values = [[v.load(planes + pitch * (i * len(side) + j)) for j in side] for i in side]
        tile = two_sided(v, matrix, values)
        places = [(i, j) for i in range(len(tile)) for j in range(len(tile))]
        flat = [tile[i][j] for i, j in places]
        tail = v.tail(channels)

        def add_bias(sums: list[Value]) -> list[Value]:
            numbers = v.load(bias)
            return [x + numbers for x in sums]

        def rectify(sums: list[Value]) -> list[Value]:
            return [v.maximum(x, v.splat(0.0)) for x in sums]

        flat = v.when(~bias.equals(0), flat, add_bias)
        flat = v.when(relu > 0, flat, rectify)
        for (i, j), value in zip(places, flat, strict=True):
            mask = v.splat((bottom > i) & (right > j)) & tail if masked else None
            write(v, value, y + row * i + pixel * j, dtype, mask)

    return back


@cache
def loader(matrix: Matrix, step: int, dtype: str) -> Any:
    """Compiled: transform tiles of images, `step` pixels apart, into planes.

    Arguments: images, grid, number of the first tile, how many tiles, planes.
    """
    whole, part = (into_planes(host(), matrix, dtype, masked) for masked in (False, True))
    side, jump = len(matrix[0]), LANES * SIZES[dtype]

    @compiled
    def load(images: Image, grid: Grid, first: int, count: int, planes: Planes) -> None:
        row, pixel, pitch = images.row, images.pixel, planes.plane
        for tile in range(count):
            number = (first + tile) // grid.each
            rest = first + tile - number * grid.each
            down = rest // grid.across
            i = down * step - grid.top
            j = (rest - down * grid.across) * step - grid.left
            bottom, right = images.height - i, images.width - j
            x = images.address + number * images.image + i * row + j * pixel
            to = planes.address + tile * LINE
            inside = i >= 0 and j >= 0 and bottom >= side and right >= side
            for channel in range(0, images.channels, LANES):
                left = images.channels - channel
                if inside and left >= LANES:
                    whole(x, row, pixel, to, pitch, -i, bottom, -j, right, left)
                else:
                    part(x, row, pixel, to, pitch, -i, bottom, -j, right, left)
                x += jump
                to += planes.vector

    return load


@cache
def storer(matrix: Matrix, dtype: str) -> Any:
    """Compiled: transform planes back into tiles of images.

    Arguments: images, grid, number of the first tile, how many tiles, planes; address of float32
    biases in whole vectors or 0, whether ReLU follows.
    """
    whole, part = (from_planes(host(), matrix, dtype, masked) for masked in (False, True))
    step, jump = len(matrix), LANES * SIZES[dtype]

    @compiled
    def store(
        images: Image, grid: Grid, first: int, count: int, planes: Planes, bias: int, relu: int
    ) -> None:
        row, pixel, pitch = images.row, images.pixel, planes.plane
        for tile in range(count):
            number = (first + tile) // grid.each
            rest = first + tile - number * grid.each
            down = rest // grid.across
            i, j = down * step, (rest - down * grid.across) * step
            bottom, right = images.height - i, images.width - j
            y = images.address + number * images.image + i * row + j * pixel
            of = planes.address + tile * LINE
            for channel in range(0, images.channels, LANES):
                left = images.channels - channel
                add = bias + 4 * channel if bias else 0
                if bottom >= step and right >= step and left >= LANES:
                    whole(y, row, pixel, of, pitch, add, relu, bottom, right, left)
                else:
                    part(y, row, pixel, of, pitch, add, relu, bottom, right, left)
                y += jump
                of += planes.vector

    return store
