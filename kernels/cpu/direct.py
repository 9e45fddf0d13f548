"""Direct convolution of any geometry: the forward pass, and the gradient for the input.

    for each block of places, for each part of the window's depth:
        copy the windows, multiply them by the panels of weights
    add the bias, round and store

A transposed convolution is the gradient for the input, called forward.
"""

from __future__ import annotations

from functools import cache
from math import gcd
from typing import NamedTuple

from dlcore.kernels.cpu import direct_pack
from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.direct_bands import bands
from dlcore.kernels.cpu.direct_gather import gather
from dlcore.kernels.cpu.direct_plan import Plan
from dlcore.kernels.cpu.direct_tile import COLUMNS, FLOAT, HEIGHTS, LANES, PITCH, ROWS
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.workspace import PAGE
from dlcore.kernels.geometry import Padding, Pair

# Measured with ResNet's shapes: windows, sums and a panel of weights stay in the second cache.
BLOCK = 6 * ROWS  # places
BAND = 1 << 16  # bytes of the rows that some lines of places read
SPAN = 8 * COLUMNS  # results of a place
PIECE = 1 << 21  # multiply-adds that are worth a piece
PIECES = 32  # enough for all threads to end at about the same time


class Cut(NamedTuple):
    """How a convolution is cut into pieces; a unit is a place, or a line of them."""

    rows: int  # of a tile over a line of places; 0: over any places
    block: int
    room: int
    band: int
    chunk: int
    chunks: int
    span: int
    spans: int


class Shape(NamedTuple):
    """Sizes of the largest class of places, and of one group."""

    lines: int
    height: int
    places: int
    step_h: int
    step_w: int
    taps_h: int
    taps_w: int
    move_h: int
    move_w: int
    channels: int
    outputs: int
    others: int  # groups and classes


def _cut(s: Shape, pixels: bool) -> Cut:
    """Pieces of the problem alone: each worth it, and enough of them if it is large."""
    rows = 0 if pixels else _rows(s)
    if rows:
        columns = (s.places - 1) * s.step_w + s.taps_w
        band = -(-(columns * s.channels + LANES) * FLOAT // 64) * 64
        block = max(1, (BAND // band - (s.taps_h - 1) * s.move_h - 1) // s.step_h + 1)
        block = min(block, s.height)
        high = (block - 1) * s.step_h + (s.taps_h - 1) * s.move_h + 1
        # The last tile of a line may read over its end.
        room, units, each = high * band + rows * s.step_w * s.channels * FLOAT, s.lines, s.places
    else:
        block, band, room, units, each = BLOCK, 0, BLOCK * PITCH, s.lines * s.places, 1
    span = min(SPAN, -(-s.outputs // COLUMNS) * COLUMNS)
    depth = s.taps_h * s.taps_w * s.channels
    while span > COLUMNS and s.others * -(-units // block) * -(-s.outputs // span) < PIECES:
        if block * each * span * depth < 2 * PIECE:
            break
        span = -(-span // 2 // COLUMNS) * COLUMNS
    worth = -(-PIECE // max(1, each * span * depth))
    chunk = min(worth, -(-units * s.others // PIECES))
    if not rows:
        chunk = -(-max(chunk, 1) // block) * block
    chunk = max(chunk, 1)
    return Cut(rows, block, room, band, chunk, -(-units // chunk), span, -(-s.outputs // span))


def _rows(s: Shape) -> int:
    """The rows of tiles over lines, or 0 where windows are better.

    A tile reads a number of a window for each vector of results. Copying a window's numbers one by
    one costs some 0.4 of that, once; a line's last tile may compute places that aren't there.
    """
    rows = min(HEIGHTS, key=lambda rows: -(-s.places // rows) * rows)
    waste = -(-s.places // rows) * rows / s.places
    vectors = -(-s.outputs // LANES)
    return rows if s.move_w == 1 and waste < 1 + 0.4 / vectors else 0


class Static(NamedTuple):
    """What doesn't change from call to call with the same shapes."""

    plan: tuple[int, ...]  # Plan, less the addresses
    rows: int
    pack: tuple[int, ...]
    pack_pieces: int
    packed: int
    pieces: int
    memory: int


@cache
def _static(
    dtype: str,
    source: tuple[int, ...],
    source_strides: tuple[int, ...],
    result: tuple[int, ...],
    result_strides: tuple[int, ...],
    kernel: Pair,
    stride: Pair,
    dilation: Pair,
    before: Pair,
    groups: int,
    backward: bool,
    relu: bool,
) -> Static:
    """Everything of a plan but addresses; shapes and strides are N H W C."""
    images, height, width, _ = result
    channels, outputs = source[3] // groups, result[3] // groups
    classes = stride[0] * stride[1] if backward else 1
    steps = stride if backward else (1, 1)
    strides = (1, 1) if backward else stride
    # Every so many-th tap of the kernel belongs to a class; see `gradient_taps`.
    common = [gcd(step, move) for step, move in zip(steps, dilation, strict=True)]
    lines, places = -(-height // steps[0]), -(-width // steps[1])
    shape = Shape(
        images * lines,
        lines,
        places,
        *strides,
        -(-kernel[0] * common[0] // steps[0]),
        -(-kernel[1] * common[1] // steps[1]),
        dilation[0] // common[0],
        dilation[1] // common[1],
        channels,
        outputs,
        groups * classes,
    )
    pixel, row = source_strides[2], source[2] * source_strides[2]
    pixels = dtype == "float32" and source_strides == (source[1] * row, row, pixel)
    pixels = pixels and kernel == stride == (1, 1) and source[:3] == result[:3]
    pixels = pixels and pixel % PAGE != 0  # these would share a few lines of the first cache
    work, taps = _cut(shape, pixels), kernel[0] * kernel[1]
    axes = (*kernel, *stride, *dilation, *before)
    plan = (
        *source_strides,
        *source[1:3],
        channels,
        *result_strides,
        height,
        width,
        outputs,
        images,
        *axes,
        int(backward),
        classes,
        *work[1:],
        int(relu),
        int(pixels),
    )
    count = -(-outputs // COLUMNS)
    if backward:
        pack, pack_pieces = (groups, channels, outputs, *axes), groups * classes * count
    else:
        pack = (groups, outputs, channels, *axes)
        pack_pieces = groups * count * -(-taps * channels // direct_pack.CHUNK)
    return Static(
        plan,
        work.rows,
        pack,
        pack_pieces,
        groups * taps * channels * count * COLUMNS * FLOAT,
        groups * work.chunks * classes * work.spans,
        work.room + (max(BLOCK, places) + ROWS) * (work.span + LANES) * FLOAT,
    )


def is_whole(image: Array, kernel: Pair, padding: Padding) -> bool:
    """Whether an image is its only window: then it may as well be one pixel with all channels."""
    return image.flags.c_contiguous and image.shape[1:3] == kernel and not any(map(any, padding))


def correlate(
    source: Array,
    weight: int,
    bias: Array | None,
    result: Array,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    backward: bool,
    relu: bool = False,
) -> None:
    """The forward pass, or with `backward` the gradient for the input.

    Shapes: source and result N H W C, the channels of a pixel side by side; at the address `weight`
    is O R S C/G without gaps. bias: contiguous, one for each output. One dtype for all.
    """
    image = result if backward else source
    if groups == 1 and is_whole(image, kernel, padding):
        pixel = image.reshape(len(image), 1, 1, -1)
        source, result = (source, pixel) if backward else (pixel, result)
        kernel = stride = (1, 1)
    dtype = source.dtype.name
    plan, rows, pack, pack_pieces, packed, pieces, memory = _static(
        dtype,
        source.shape,
        source.strides[:3],
        result.shape,
        result.strides[:3],
        kernel,
        stride,
        dilation,
        (padding[0][0], padding[1][0]),
        groups,
        backward,
        relu,
    )
    with temporary(packed) as panels_address:
        packer = direct_pack.gradient(dtype) if backward else direct_pack.forward(dtype)
        run(packer, pack_pieces, direct_pack.Plan(weight, panels_address, *pack))
        run(
            bands(dtype, rows) if rows else gather(dtype),
            pieces,
            Plan(address(source), panels_address, address(bias), address(result), *plan),
            memory,
        )
