"""The gradient for few weights: all of them are summed at one time, from a band of the image.

    for each chunk of lines of places, for each block of it:
        copy the rows of the image that it reads; sums[k, o] += windows[place, k] slopes[place, o]
    add the chunks' sums up, in float64 and in one order

The windows stay where they are in the band, where they overlap; see `direct_bands`.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.bits16 import narrow
from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct_bands import band_filler, band_rows
from dlcore.kernels.cpu.direct_geometry import Axis, forward_taps
from dlcore.kernels.cpu.direct_tile import COLUMNS, FLOAT, HEIGHTS, LANES, VECTORS, band_tile
from dlcore.kernels.cpu.direct_windows import Source, copy_rows
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Pair

MOST = 1 << 16  # sums, which stay in the second cache
BAND = 1 << 16  # bytes of the rows that a block of lines reads
BLOCK = 512  # places that are summed in float32 before they are added to others
PIECE = 1 << 21  # multiply-adds that are worth a piece
PIECES = 32


class Plan(NamedTuple):
    """Addresses, strides in bytes; channels and outputs are those of a group."""

    x: int
    dy: int
    sums: int
    x_image: int
    x_row: int
    x_pixel: int
    height: int
    width: int
    channels: int
    images: int
    rows: int
    columns: int
    outputs: int
    groups: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    top: int
    left: int
    chunk: int  # lines
    block: int
    band: int  # bytes from one row of the band to the next
    room: int  # bytes of the band
    pitch: int  # bytes from one sum's row to the next
    sizes: int  # rows of sums


class AddPlan(NamedTuple):
    """All chunks' sums: `groups` of `taps` x `padded` rows each, of which `length` are taken."""

    sums: int
    result: int
    chunks: int
    groups: int
    taps: int
    padded: int
    length: int
    outputs: int
    pitch: int


class Tile(NamedTuple):
    """Taps down, numbers of a row of the window, vectors of outputs."""

    taps: int
    length: int
    vectors: int


@cache
def _tile_for(channels: int, outputs: int, kernel: Pair) -> Tile:
    """The tile that computes the fewest sums that aren't there; all taps at once if they fit."""
    vectors = min(VECTORS, -(-outputs // LANES))
    length = kernel[1] * channels
    if kernel[0] * length <= 2 * HEIGHTS[0]:
        return Tile(kernel[0], length, VECTORS if kernel[0] * length <= HEIGHTS[0] else 1)
    heights = [rows * VECTORS // vectors for rows in HEIGHTS]
    return Tile(1, min(heights, key=lambda rows: -(-length // rows) * rows), vectors)


@cache
def suits(channels: int, outputs: int, kernel: Pair, dilation: Pair) -> bool:
    """Whether all sums have room, taps lie side by side, and it costs less than copying windows.

    In vectors of a place: a number of a window takes one of each vector of outputs, or the other
    way around; copying it takes some 0.4.
    """
    tile = _tile_for(channels, outputs, kernel)
    rows = kernel[0] * -(-kernel[1] * channels // tile.length) * tile.length
    here = rows * -(-outputs // LANES)
    depth = kernel[0] * kernel[1] * channels
    others = min(-(-outputs // height) * height for height in HEIGHTS)
    there = others * -(-depth // LANES) + 0.4 * depth
    room = rows * -(-outputs // LANES) * LANES
    return dilation[1] == 1 and room <= MOST and here <= there


@cache
def _outer(dtype: str, tile: Tile) -> Task:
    """Pieces: chunks of lines x groups."""
    size, fill, copy = SIZES[dtype], band_filler(dtype), copy_rows(dtype)
    taps, length, vectors = tile
    wide, single = band_tile(*tile), band_tile(taps, length, 1)

    @compiled
    def multiply(
        p: Plan, windows: int, slopes: int, pitch: int, lines: int, sums: int, add: int
    ) -> None:
        step, line = p.stride_w * p.channels * FLOAT, p.stride_h * p.band
        tap, row = p.dilation_h * p.band, p.kernel_w * p.channels
        for t in range(0, p.kernel_h, taps):
            for e in range(0, row, length):
                start = windows + t * tap + e * FLOAT
                for j in range(0, p.outputs, vectors * LANES):
                    to, slope = sums + j * FLOAT, slopes + j * FLOAT
                    if vectors == 2 and p.outputs - j > LANES:
                        wide(
                            start, step, line, tap, slope, pitch, p.columns, lines, to, p.pitch, add
                        )
                    else:
                        single(
                            start, step, line, tap, slope, pitch, p.columns, lines, to, p.pitch, add
                        )
                sums += taps * length * p.pitch

    @task(Plan, f"{dtype}.{taps}.{length}.{vectors}")
    def outer(index: int, memory: int, p: Plan) -> None:
        group, chunk = index % p.groups, index // p.groups
        height = Axis(p.rows, p.kernel_h, p.stride_h, p.dilation_h, p.top)
        width = Axis(p.columns, p.kernel_w, p.stride_w, p.dilation_w, p.left)
        down, across = forward_taps(height), forward_taps(width)
        images = p.x + group * p.channels * size
        x = Source(images, p.x_image, p.x_row, p.x_pixel, p.height, p.width, p.channels)
        dy, dy_pixel = p.dy + group * p.outputs * size, p.groups * p.outputs * size
        direct = size == FLOAT and p.outputs % LANES == 0
        pitch = dy_pixel if direct else p.pitch
        sums = p.sums + index * p.sizes * p.pitch
        line, add = chunk * p.chunk, 0
        stop = min(line + p.chunk, p.images * p.rows)
        while line < stop or add == 0:
            lines = max(min(p.block, stop - line, p.rows - line % max(p.rows, 1)), 0)
            slopes = dy + line * p.columns * dy_pixel
            if lines:
                fill(x, down, across, line, band_rows(down, lines), memory, p.band)
                if not direct:
                    place = memory + p.room
                    copy(slopes, dy_pixel, place, pitch, lines * p.columns, p.outputs)
                    slopes = place
            multiply(p, memory, slopes, pitch, lines, sums, add)
            line, add = line + lines, 1

    return outer


@cache
def _add(dtype: str) -> Task:
    """Pieces: groups x taps down."""
    size = SIZES[dtype]

    @vector_code(host())
    def add(
        v: Emitter,
        sums: Value,
        step: Value,
        chunks: Value,
        outputs: Value,
        target: Value,
        pitch: Value,
    ) -> None:
        def vector(k: Value, mask: Value | None) -> None:
            def chunk(i: Value, total: list[Value]) -> list[Value]:
                return [total[0] + v.load(sums + step * i + k * FLOAT).to("float64")]

            (total,) = v.loop(chunks, [v.splat(0.0, "float64")], chunk)
            number = total.to("float32")
            number = number if dtype == "float32" else narrow(v, number, dtype)
            v.scatter(number, target + pitch * k, pitch, mask)

        v.each(outputs, vector)

    @task(AddPlan, dtype)
    def add_chunks(index: int, memory: int, p: AddPlan) -> None:
        t, group = index % p.taps, index // p.taps
        rows, depth = p.taps * p.padded, p.taps * p.length
        step = p.groups * rows * p.pitch
        for e in range(p.length):
            source = p.sums + ((group * p.taps + t) * p.padded + e) * p.pitch
            target = p.result + (group * p.outputs * depth + t * p.length + e) * size
            add(source, step, p.chunks, p.outputs, target, depth * size)

    return add_chunks


def gradient(
    x: Array,
    dy: Array,
    dweight: int,
    *,
    kernel: Pair,
    stride: Pair,
    before: Pair,
    dilation: Pair,
    groups: int,
) -> None:
    """`direct_weight.gradient` for few weights."""
    dtype = x.dtype.name
    images, rows, columns, outputs = dy.shape
    channels, outputs = x.shape[3] // groups, outputs // groups
    tile = _tile_for(channels, outputs, kernel)
    length = kernel[1] * channels
    padded = -(-length // tile.length) * tile.length
    pitch = -(-outputs // COLUMNS) * COLUMNS * FLOAT
    wide = (columns - 1) * stride[1] + kernel[1]
    band = -(-(wide * channels + LANES) * FLOAT // 64) * 64
    reach = (kernel[0] - 1) * dilation[0] + 1
    block = max(1, min((BAND // band - reach) // stride[0] + 1, BLOCK // columns, rows))
    room = ((block - 1) * stride[0] + reach) * band + tile.length * FLOAT
    lines, work = images * rows, columns * kernel[0] * padded * outputs
    chunk = max(-(-PIECE // work), -(-lines * groups // PIECES), 1)
    chunks = max(1, -(-lines // chunk))
    sizes = kernel[0] * padded
    plan: tuple[int, ...] = (
        *x.strides[:3],
        *x.shape[1:3],
        channels,
        images,
        rows,
        columns,
        outputs,
        groups,
        *kernel,
        *stride,
        *dilation,
        *before,
        chunk,
        block,
        band,
        room,
        pitch,
        sizes,
    )
    with temporary(chunks * groups * sizes * pitch) as sums:
        memory = room + (block * columns + 1) * pitch
        run(
            _outer(dtype, tile), chunks * groups, Plan(address(x), address(dy), sums, *plan), memory
        )
        add = AddPlan(sums, dweight, chunks, groups, kernel[0], padded, length, outputs, pitch)
        run(_add(dtype), groups * kernel[0], add)
