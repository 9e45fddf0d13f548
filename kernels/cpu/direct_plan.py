"""What a piece of direct convolution does, from its number and the plan."""

from __future__ import annotations

from typing import NamedTuple

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct_geometry import Axis, Taps, taps_before, taps_of
from dlcore.kernels.cpu.direct_pack import panels
from dlcore.kernels.cpu.direct_tile import COLUMNS, FLOAT, LANES
from dlcore.kernels.cpu.direct_windows import Source


class Plan(NamedTuple):
    """Addresses, strides in bytes; channels and outputs are those of a group."""

    source: int
    weights: int
    bias: int
    result: int
    source_image: int
    source_row: int
    source_pixel: int
    source_height: int
    source_width: int
    channels: int
    result_image: int
    result_row: int
    result_pixel: int
    result_height: int
    result_width: int
    outputs: int
    images: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    top: int
    left: int
    backward: int
    classes: int
    block: int  # places, or lines of them, whose windows exist at one time
    room: int  # bytes of memory for these
    band: int  # bytes from one row of a band to the next
    chunk: int  # places, or lines, that a piece does
    chunks: int
    span: int  # and results of each
    spans: int
    relu: int
    pixels: int  # whether windows are pixels, one after the other, of float32


class Piece(NamedTuple):
    """Some places of one class and group, some results of each.

    Attributes:
        first: place, or line of them.
        weights: address of the panels of this group and class.
        depth: numbers of a window.
        span: number of the first result.
        results: how many there are.
        result, bias: addresses of the first result and its bias.
        pitch: of the sums in memory, in bytes.
    """

    source: Source
    down: Taps
    across: Taps
    first: int
    weights: int
    depth: int
    span: int
    results: int
    result: int
    bias: int
    pitch: int


@compiled
def piece_of(p: Plan, index: int, size: int) -> Piece:
    """Piece `index` of groups x chunks of places x classes of places x spans of results."""
    span, index = index % p.spans * p.span, index // p.spans
    number, index = index % p.classes, index // p.classes
    first, group = index % p.chunks * p.chunk, index // p.chunks
    height = Axis(p.result_height, p.kernel_h, p.stride_h, p.dilation_h, p.top)
    width = Axis(p.result_width, p.kernel_w, p.stride_w, p.dilation_w, p.left)
    down, across = taps_of(height, width, p.backward, number)
    before = taps_before(height, width, p.backward, number)
    weights = (group * p.kernel_h * p.kernel_w + before) * p.channels * panels(p.outputs)
    source = Source(
        p.source + group * p.channels * size,
        p.source_image,
        p.source_row,
        p.source_pixel,
        p.source_height,
        p.source_width,
        p.channels,
    )
    begin = (group * p.outputs + span) * size
    return Piece(
        source,
        down,
        across,
        first,
        p.weights + weights * COLUMNS * FLOAT,
        down.taps * across.taps * p.channels,
        span,
        min(p.span, p.outputs - span),
        p.result + begin,
        p.bias + begin if p.bias else 0,
        (p.span + LANES) * FLOAT,
    )


@compiled
def place_address(p: Plan, piece: Piece, line: int, j: int) -> int:
    """Where the results of place j of a line are; lines are counted through all images."""
    i, n = line % piece.down.places, line // piece.down.places
    row = piece.down.first_place + i * piece.down.place_step
    pixel = piece.across.first_place + j * piece.across.place_step
    address = piece.result + n * p.result_image + row * p.result_row + pixel * p.result_pixel
    return int(address)
