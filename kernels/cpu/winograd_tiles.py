"""Where tiles of images are, and where they lie transformed: a plane for each element of a tile.

A plane holds, for each vector of channels, a line of them for each tile: plane[vector, tile, lane].
So the rows of the matrices that are multiplied plane by plane are a constant distance apart, and
reading a tile is the same whether it is of an input, a gradient or the weights themselves.
"""

from __future__ import annotations

from typing import NamedTuple

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import host

LANES = host().lanes
LINE = 4 * LANES  # bytes of a vector
TILE = 36 * LINE
"""Bytes of memory that transforms of a tile go through."""
_CACHE_LINE = 64


class Images(NamedTuple):
    """Images N H W C: address, bytes from image to image, row to row, pixel to pixel; H, W, C."""

    address: int
    image: int
    row: int
    pixel: int
    height: int
    width: int
    channels: int


class Grid(NamedTuple):
    """How many tiles lie side by side, and below each other, in an image; where the first one is.

    It begins `top` rows before the image's and `left` columns.
    """

    across: int
    down: int
    top: int
    left: int


class Planes(NamedTuple):
    """Transformed tiles: address, bytes from one vector of channels to the next, to the next plane.

    Tiles are a vector apart.
    """

    address: int
    vector: int
    plane: int


class Tile(NamedTuple):
    """A vector of a tile's channels, for vector code.

    Attributes:
        image: address of its first element; the image ends `bottom` rows and `right` columns behind
            it, begins at row `top` and column `left` of the tile (below 1, or the tile sticks out).
        row: bytes to the next row.
        pixel: bytes to the next column.
        channels: how many there are, or more than lanes.
        channel: the number of the first, in bytes of float32.
        planes: address of its line in the first plane.
        pitch: bytes to the next plane.
        memory: of a tile.
        number: of the tile in its block.
    """

    image: int
    row: int
    pixel: int
    top: int
    bottom: int
    left: int
    right: int
    channels: int
    channel: int
    planes: int
    pitch: int
    memory: int
    number: int


@compiled
def images(address: int, height: int, width: int, channels: int, size: int) -> Images:
    """Contiguous images, with `size` bytes a number."""
    pixel = channels * size
    return Images(address, height * width * pixel, width * pixel, pixel, height, width, channels)


@compiled
def place(grid: Grid, tile: int) -> tuple[int, int, int]:
    """The image of a tile, and its row and column in the grid."""
    number = tile // (grid.across * grid.down)
    tile -= number * grid.across * grid.down
    down = tile // grid.across
    return number, down, tile - down * grid.across


@compiled
def following(grid: Grid, number: int, down: int, across: int) -> tuple[int, int, int]:
    """The same for the next tile."""
    if across + 1 < grid.across:
        return number, down, across + 1
    if down + 1 < grid.down:
        return number, down + 1, 0
    return number + 1, 0, 0


def vectors(channels: int) -> int:
    """How many vectors hold the channels."""
    return -(-channels // LANES)


def plane_bytes(channels: int, tiles: int) -> int:
    """From plane to plane: an odd number of cache lines, so that planes don't share cache sets."""
    lines = -(-vectors(channels) * tiles * LINE // _CACHE_LINE)
    return (lines | 1) * _CACHE_LINE
