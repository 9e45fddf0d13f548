"""How a convolution is cut into tiles, blocks and slabs of tiles: by its sizes alone.

A few channels: all is done for a block of tiles at a time, whose planes stay in the second cache.
Many: for a slab of tiles phase by phase, so that weights are read once for the slab.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.winograd_products import TILES
from dlcore.kernels.cpu.winograd_tiles import LINE, vectors
from dlcore.kernels.cpu.winograd_weights import weight_bytes

# Measured on ResNets and VGG.
WEIGHTS = 5 << 17  # bytes of transformed weights up to which blocks are worth it
AHEAD = 3 << 17  # bytes of a block's planes and weights beside which there is room for the next
SLAB = 6 << 20  # bytes of planes that stay in the second cache in part, in the third else
READ = 3  # a slab's planes have this part of the weights' bytes at least
COLUMNS = 4  # vectors of outputs a piece of a slab's product
PIECES = 32  # that a convolution in blocks has at least, if it has so many blocks
CHUNK = 4 * TILES  # tiles that are multiplied by a vector of the weights before the next


class Cut(NamedTuple):
    """Tiles of the output.

    Attributes:
        planes: elements of a transformed tile.
        across: tiles side by side in an image.
        down: tiles below each other.
        tiles: of all images.
        blocks: whether all is done block by block.
        run: blocks that one thread does, one after the other.
        room: tiles of a block, or of a slab.
    """

    planes: int
    across: int
    down: int
    tiles: int
    blocks: bool
    run: int
    room: int

    @property
    def block_count(self) -> int:
        return -(-self.tiles // TILES)


@cache
def cut(images: int, height: int, width: int, channels: int, outputs: int, tile: int) -> Cut:
    """Cut outputs of `height` x `width` in tiles of tile x tile."""
    across, planes = -(-width // tile), (tile + 2) ** 2
    down = -(-height // tile)
    count = images * down * across
    weights = weight_bytes(outputs, channels, tile)
    size = planes * LINE * (vectors(channels) + vectors(outputs))  # bytes of a tile
    if weights <= WEIGHTS and count > 2 * TILES:
        run = max(1, min(8, count // (TILES * PIECES)))
        return Cut(planes, across, down, count, True, run, TILES)
    slabs = max(1, -(-count * size // max(SLAB, weights // READ)))
    room = max(1, -(-count // (slabs * TILES))) * TILES
    return Cut(planes, across, down, count, False, 1, room)
