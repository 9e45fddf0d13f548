"""The gradient of a convolution for its weights, of any geometry.

for each chunk of places, for each block of it:
    copy windows and slopes into rows; sums[o, k] += slopes[place, o] windows[place, k]
add the chunks' sums up, in float64 and in one order
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu import direct_band_weight
from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct import is_whole
from dlcore.kernels.cpu.direct_geometry import Axis, forward_taps
from dlcore.kernels.cpu.direct_store import row_storer
from dlcore.kernels.cpu.direct_tile import (
    COLUMNS,
    DEPTH,
    FLOAT,
    HEIGHTS,
    LANES,
    PITCH,
    ROWS,
    slope_tile,
)
from dlcore.kernels.cpu.direct_windows import Source, copy_rows, window_filler
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Padding, Pair

BLOCK = 84  # places
OUTPUTS = 128  # sums of so many outputs stay in the second cache, with those of DEPTH numbers each
PIECE = 1 << 21  # multiply-adds that are worth a piece
PIECES = 32
CHUNKS = 1 << 23  # numbers that all chunks' sums may have together
ADDED = 1 << 12  # numbers that a piece of the last sum adds up


class Plan(NamedTuple):
    """Addresses, strides in bytes; channels and outputs are those of a group."""

    x: int
    dy: int
    result: int
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
    chunk: int
    chunks: int
    step: int  # numbers of a window that a piece does
    steps: int
    span: int  # and outputs
    spans: int


class AddPlan(NamedTuple):
    """Sums of all chunks, `numbers` of each, one after the other."""

    parts: int
    result: int
    numbers: int
    chunks: int


@cache
def _outer(dtype: str, result_dtype: str, rows: int) -> Task:
    """Pieces: chunks of places x groups x spans of outputs x parts of the window."""
    size, result_size = SIZES[dtype], SIZES[result_dtype]
    fill, copy, store = window_filler(dtype), copy_rows(dtype), row_storer(result_dtype)
    tile, narrow_tile = slope_tile(rows, 2), slope_tile(rows, 1)

    @compiled
    def multiply(
        slopes: int, windows: int, sums: int, outputs: int, depth: int, count: int, add: int
    ) -> None:
        for k in range(0, depth, COLUMNS):
            for i in range(0, outputs, rows):
                to = sums + i * PITCH + k * FLOAT
                if depth - k > LANES:
                    tile(slopes + i * FLOAT, windows + k * FLOAT, to, count, add)
                else:
                    narrow_tile(slopes + i * FLOAT, windows + k * FLOAT, to, count, add)

    @task(Plan, f"{dtype}.{result_dtype}.{rows}")
    def outer(index: int, memory: int, p: Plan) -> None:
        begin, index = index % p.steps * p.step, index // p.steps
        span, index = index % p.spans * p.span, index // p.spans
        group, chunk = index % p.groups, index // p.groups
        height = Axis(p.rows, p.kernel_h, p.stride_h, p.dilation_h, p.top)
        width = Axis(p.columns, p.kernel_w, p.stride_w, p.dilation_w, p.left)
        down, across = forward_taps(height), forward_taps(width)
        depth = p.kernel_h * p.kernel_w * p.channels
        length, outputs = min(p.step, depth - begin), min(p.span, p.outputs - span)
        images = p.x + group * p.channels * size
        x = Source(images, p.x_image, p.x_row, p.x_pixel, p.height, p.width, p.channels)
        dy = p.dy + (group * p.outputs + span) * size
        dy_pixel = p.groups * p.outputs * size
        windows, slopes = memory, memory + BLOCK * PITCH
        sums = slopes + BLOCK * PITCH
        place = chunk * p.chunk
        stop = min(place + p.chunk, p.images * p.rows * p.columns)
        for first in range(place, max(stop, place + 1), BLOCK):
            count = max(min(BLOCK, stop - first), 0)
            fill(x, down, across, first, count, begin, begin + length, windows)
            copy(dy + first * dy_pixel, dy_pixel, slopes, PITCH, count, outputs)
            multiply(slopes, windows, sums, outputs, length, count, first - place)
        result = (chunk * p.groups + group) * p.outputs + span
        result = p.result + (result * depth + begin) * result_size
        store(sums, PITCH, result, depth * result_size, outputs, length, 0, 0)

    return outer


@cache
def _add(dtype: str) -> Task:
    """Pieces: ADDED numbers of the result each."""
    size = SIZES[dtype]

    @vector_code(host())
    def add(
        v: Emitter, parts: Value, step: Value, chunks: Value, count: Value, target: Value
    ) -> None:
        def numbers(k: Value, mask: Value | None) -> None:
            def part(i: Value, total: list[Value]) -> list[Value]:
                number = v.load(parts + step * i + k * FLOAT, mask=mask)
                return [total[0] + number.to("float64")]

            (total,) = v.loop(chunks, [v.splat(0.0, "float64")], part)
            write(v, total.to("float32"), target + k * size, dtype, mask)

        v.each(count, numbers)

    @task(AddPlan, dtype)
    def add_chunks(index: int, memory: int, p: AddPlan) -> None:
        first = index * ADDED
        count = min(ADDED, p.numbers - first)
        add(p.parts + first * FLOAT, p.numbers * FLOAT, p.chunks, count, p.result + first * size)

    return add_chunks


class Static(NamedTuple):
    """What doesn't change from call to call with the same shapes."""

    plan: tuple[int, ...]  # Plan, less the addresses
    rows: int
    chunks: int
    numbers: int
    pieces: int


@cache
def _static(
    x: tuple[int, ...],
    x_strides: tuple[int, ...],
    dy: tuple[int, ...],
    kernel: Pair,
    stride: Pair,
    dilation: Pair,
    before: Pair,
    groups: int,
) -> Static:
    channels, outputs = x[3] // groups, dy[3] // groups
    depth, places = kernel[0] * kernel[1] * channels, dy[0] * dy[1] * dy[2]
    rows = min(HEIGHTS, key=lambda rows: -(-outputs // rows) * rows)
    span = min(outputs, OUTPUTS // rows * rows)
    steps = -(-depth // DEPTH)
    step = -(-depth // steps // COLUMNS) * COLUMNS if steps > 1 else depth
    step = min(step, DEPTH)
    steps, spans = -(-depth // step), -(-outputs // span)
    parts = groups * steps * spans
    most = max(1, CHUNKS // (groups * depth * outputs))
    worth = -(-PIECE // (step * span))
    chunk = max(worth, -(-places * parts // PIECES), -(-places // most), BLOCK)
    chunk = -(-chunk // BLOCK) * BLOCK
    chunks = max(1, -(-places // chunk))
    axes = (*kernel, *stride, *dilation, *before)
    plan = (
        *x_strides,
        *x[1:3],
        channels,
        *dy[:3],
        outputs,
        groups,
        *axes,
        chunk,
        chunks,
        step,
        steps,
        span,
        spans,
    )
    return Static(plan, rows, chunks, groups * outputs * depth, chunks * parts)


def gradient(
    x: Array,
    dy: Array,
    dweight: int,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> None:
    """Fill O R S C/G numbers at the address `dweight`.

    Shapes: x N H W C, the channels of a pixel side by side, dy N P Q O without gaps.
    """
    before = padding[0][0], padding[1][0]
    if groups == 1 and is_whole(x, kernel, padding):
        x, kernel, stride = x.reshape(len(x), 1, 1, -1), (1, 1), (1, 1)
    if direct_band_weight.suits(x.shape[3] // groups, dy.shape[3] // groups, kernel, dilation):
        direct_band_weight.gradient(
            x,
            dy,
            dweight,
            kernel=kernel,
            stride=stride,
            before=before,
            dilation=dilation,
            groups=groups,
        )
        return
    dtype = x.dtype.name
    plan, rows, chunks, numbers, pieces = _static(
        x.shape, x.strides[:3], dy.shape, kernel, stride, dilation, before, groups
    )
    memory = (2 * BLOCK + OUTPUTS + ROWS) * PITCH
    if chunks == 1:
        place = Plan(address(x), address(dy), dweight, *plan)
        run(_outer(dtype, dtype, rows), pieces, place, memory)
        return
    with temporary(chunks * numbers * FLOAT) as parts:
        place = Plan(address(x), address(dy), parts, *plan)
        run(_outer(dtype, "float32", rows), pieces, place, memory)
        add = AddPlan(parts, dweight, numbers, chunks)
        run(_add(dtype), -(-numbers // ADDED), add)
