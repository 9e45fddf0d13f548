"""Direct convolution of any geometry: the forward pass, and the gradient for the input.

    for each block of places, for each part of the window's depth:
        copy the windows into rows, multiply them by the panels of weights
    add the bias, round and store

A transposed convolution is the gradient for the input, called forward.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu import direct_pack
from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct_geometry import Axis, taps_before, taps_of
from dlcore.kernels.cpu.direct_pack import panel_vectors, panels
from dlcore.kernels.cpu.direct_store import row_storer
from dlcore.kernels.cpu.direct_tile import COLUMNS, DEPTH, FLOAT, LANES, PITCH, ROWS, window_tile
from dlcore.kernels.cpu.direct_windows import Source, window_filler
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.geometry import Padding, Pair

# Measured with ResNet's shapes: windows, sums and a panel of weights stay in the second cache.
BLOCK = 6 * ROWS  # places
SPAN = 8 * COLUMNS  # results of a place
PIECE = 1 << 21  # multiply-adds that are worth a piece
PIECES = 32  # enough for all threads to end at about the same time


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
    chunk: int  # places that a piece does
    chunks: int
    span: int  # and results of each
    spans: int
    relu: int


@cache
def _gather(dtype: str) -> Task:
    """Pieces: groups x chunks of places x classes of places x spans of results."""
    size, fill, store = SIZES[dtype], window_filler(dtype), row_storer(dtype)
    tile, narrow_tile = window_tile(ROWS, 2), window_tile(ROWS, 1)

    @compiled
    def multiply(
        windows: int,
        panel: int,
        vectors: int,
        sums: int,
        count: int,
        depth: int,
        pitch: int,
        add: int,
    ) -> None:
        for _ in range(0, count, ROWS):
            if vectors == 2:
                tile(windows, PITCH, 0, 1, depth, panel, sums, pitch, add)
            else:
                narrow_tile(windows, PITCH, 0, 1, depth, panel, sums, pitch, add)
            windows += ROWS * PITCH
            sums += ROWS * pitch

    @task(Plan, dtype)
    def gather(index: int, memory: int, p: Plan) -> None:
        span, index = index % p.spans * p.span, index // p.spans
        number, index = index % p.classes, index // p.classes
        chunk, group = index % p.chunks * p.chunk, index // p.chunks
        height = Axis(p.result_height, p.kernel_h, p.stride_h, p.dilation_h, p.top)
        width = Axis(p.result_width, p.kernel_w, p.stride_w, p.dilation_w, p.left)
        down, across = taps_of(height, width, p.backward, number)
        before = taps_before(height, width, p.backward, number)
        depth = down.taps * across.taps * p.channels
        weights = (group * p.kernel_h * p.kernel_w + before) * p.channels * panels(p.outputs)
        weights = p.weights + weights * COLUMNS * FLOAT
        source = Source(
            p.source + group * p.channels * size,
            p.source_image,
            p.source_row,
            p.source_pixel,
            p.source_height,
            p.source_width,
            p.channels,
        )
        outputs = min(p.span, p.outputs - span)
        pitch = (p.span + LANES) * FLOAT
        sums = memory + BLOCK * PITCH
        parts = (depth + DEPTH - 1) // DEPTH
        step = (depth // max(parts, 1) + LANES) // LANES * LANES
        places = p.images * down.places * across.places
        result = p.result + (group * p.outputs + span) * size
        bias = p.bias + (group * p.outputs + span) * size if p.bias else 0
        for first in range(chunk, min(chunk + p.chunk, places), BLOCK):
            count = min(BLOCK, chunk + p.chunk - first, places - first)
            for begin in range(0, max(depth, 1), step):
                end = min(begin + step, depth)
                fill(source, down, across, first, count, begin, end, memory)
                for column in range(0, outputs, COLUMNS):
                    panel = (span + column) // COLUMNS
                    vectors = panel_vectors(p.outputs, panel)
                    part = panel * depth * COLUMNS + begin * vectors * LANES
                    part, to = weights + part * FLOAT, sums + column * FLOAT
                    multiply(memory, part, vectors, to, count, end - begin, pitch, begin)
            done = 0
            while done < count:
                place = first + done
                j, line = place % across.places, place // across.places
                i, n = line % down.places, line // down.places
                here = min(across.places - j, count - done)
                to = result + n * p.result_image
                to += (down.first_place + i * down.place_step) * p.result_row
                to += (across.first_place + j * across.place_step) * p.result_pixel
                move = across.place_step * p.result_pixel
                store(sums + done * pitch, pitch, to, move, here, outputs, bias, p.relu)
                done += here

    return gather


class Work(NamedTuple):
    """How a convolution is cut into pieces; places are the largest class's."""

    chunk: int
    chunks: int
    span: int
    spans: int


def _cut(places: int, outputs: int, depth: int, others: int) -> Work:
    """Pieces of the problem alone: large enough to be worth it, and enough of them if it is large.

    Args:
        others: how many such parts there are, groups and classes.
    """
    span = min(SPAN, -(-outputs // COLUMNS) * COLUMNS)
    while span > COLUMNS and others * -(-places // BLOCK) * -(-outputs // span) < PIECES:
        if BLOCK * span * depth < 2 * PIECE:
            break
        span = -(-span // 2 // COLUMNS) * COLUMNS
    worth = -(-PIECE // max(1, span * depth))
    chunk = max(BLOCK, min(worth, -(-places * others // PIECES)))
    chunk = -(-chunk // BLOCK) * BLOCK
    return Work(chunk, -(-places // chunk), span, -(-outputs // span))


class Static(NamedTuple):
    """What doesn't change from call to call with the same shapes."""

    plan: tuple[int, ...]  # Plan, less the addresses
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
    places = images * -(-height // steps[0]) * -(-width // steps[1])
    taps = kernel[0] * kernel[1]
    work = _cut(places, outputs, max(1, taps * channels // classes), groups * classes)
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
        *work,
        int(relu),
    )
    count = -(-outputs // COLUMNS)
    if backward:
        pack, pack_pieces = (groups, channels, outputs, *axes), groups * classes * count
    else:
        pack = (groups, outputs, channels, *axes)
        pack_pieces = groups * count * -(-taps * channels // direct_pack.CHUNK)
    return Static(
        plan,
        pack,
        pack_pieces,
        groups * taps * channels * count * COLUMNS * FLOAT,
        groups * work.chunks * classes * work.spans,
        BLOCK * PITCH + BLOCK * (work.span + LANES) * FLOAT,
    )


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
    dtype = source.dtype.name
    plan, pack, pack_pieces, packed, pieces, memory = _static(
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
            _gather(dtype),
            pieces,
            Plan(address(source), panels_address, address(bias), address(result), *plan),
            memory,
        )
