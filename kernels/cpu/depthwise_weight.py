"""The gradient of a depthwise convolution for its weights: vectors run over channels.

    for each row of slopes, each row of taps: sums[tap, c] += slopes[place, c] x[place, tap, c]

Sums of a chunk of rows are float32, chunks are added up in float64 and in one order.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.bits16 import narrow
from dlcore.kernels.cpu.depthwise import PIECE
from dlcore.kernels.cpu.direct_tile import FLOAT, LANES
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Padding, Pair

MOST_TAPS = 7  # of one row, whose sums are in registers
CHUNKS = 64


class Plan(NamedTuple):
    """Addresses, strides in bytes; `places` across and rows of them in an image, by chunks."""

    x: int
    dy: int
    sums: int
    x_image: int
    x_row: int
    x_pixel: int
    height: int
    width: int
    channels: int
    rows: int
    places: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    top: int
    left: int
    lines: int
    chunk: int


class AddPlan(NamedTuple):
    """Sums of all chunks, and where the weights' gradient goes."""

    sums: int
    result: int
    channels: int
    taps: int
    chunks: int


def _products(dtype: str, taps: int) -> Callable[..., None]:
    """The intrinsic that adds the products of a row of places, for `taps` taps of all channels."""
    size = SIZES[dtype]

    @vector_code(host())
    def products(
        v: Emitter,
        x: Value,
        step: Value,
        tap: Value,
        dy: Value,
        slope: Value,
        places: Value,
        sums: Value,
        pitch: Value,
        channels: Value,
    ) -> None:
        """X of the first place and tap, bytes to the next of each; slope: to the next of dy."""

        def vector(k: Value, mask: Value | None) -> None:
            def place(j: Value, totals: list[Value]) -> list[Value]:
                gradient = read(v, dy + slope * j + k * size, dtype, mask)
                first = x + step * j + k * size
                numbers = [read(v, first + tap * s, dtype, mask) for s in range(taps)]
                return [
                    v.fma(gradient, number, total)
                    for number, total in zip(numbers, totals, strict=True)
                ]

            totals = v.loop(places, [v.splat(0.0)] * taps, place)
            for s, total in enumerate(totals):
                to = sums + pitch * s + k * FLOAT
                v.store(v.load(to) + total, to)

        v.each(channels, vector)

    return products  # type: ignore[no-any-return]


@cache
def _outer(dtype: str, taps: int) -> Task:
    """Pieces: chunks of rows of places."""
    size = SIZES[dtype]
    several, one = _products(dtype, taps), _products(dtype, 1)

    @vector_code(host())
    def clear(v: Emitter, sums: Value, count: Value) -> None:
        v.each(count, lambda k, _: v.store(v.splat(0.0), sums + k * FLOAT))

    @task(Plan, f"{dtype}.{taps}")
    def outer(index: int, memory: int, p: Plan) -> None:
        pitch = (p.channels + LANES - 1) // LANES * LANES * FLOAT
        all_sums = p.sums + index * p.kernel_h * p.kernel_w * pitch
        clear(all_sums, p.kernel_h * p.kernel_w * pitch // FLOAT)
        slope, step, tap = p.channels * size, p.stride_w * p.x_pixel, p.dilation_w * p.x_pixel
        for line in range(index * p.chunk, min((index + 1) * p.chunk, p.lines)):
            i, n = line % p.rows, line // p.rows
            dy = p.dy + line * p.places * slope
            for r in range(p.kernel_h):
                h = i * p.stride_h + r * p.dilation_h - p.top
                if h < 0 or h >= p.height:
                    continue
                row = p.x + n * p.x_image + h * p.x_row
                s = 0
                while s < p.kernel_w:
                    sums = all_sums + (r * p.kernel_w + s) * pitch
                    # Places that have all taps inside, then the others of each tap.
                    count = min(taps, p.kernel_w - s)
                    w = s * p.dilation_w - p.left
                    inside = max(0, -(w // p.stride_w))
                    w_last = w + (count - 1) * p.dilation_w
                    outside = min((p.width - 1 - w_last) // p.stride_w + 1, p.places)
                    if count < taps or outside <= inside:
                        inside, outside = 0, 0
                    if inside < outside:
                        several(
                            row + w * p.x_pixel + inside * step, step, tap, dy + inside * slope,
                            slope, outside - inside, sums, pitch, p.channels,
                        )  # fmt: skip
                    for _ in range(count):
                        first = min(max(0, -(w // p.stride_w)), p.places)
                        last = min((p.width - 1 - w) // p.stride_w + 1, p.places)
                        before = min(inside, last) if inside < outside else last
                        x = row + w * p.x_pixel
                        one(
                            x + first * step, step, tap, dy + first * slope,
                            slope, before - first, sums, pitch, p.channels,
                        )  # fmt: skip
                        if inside < outside:
                            one(
                                x + outside * step, step, tap, dy + outside * slope,
                                slope, last - outside, sums, pitch, p.channels,
                            )  # fmt: skip
                        sums += pitch
                        w += p.dilation_w
                    s += count

    return outer


@cache
def _add(dtype: str) -> Task:
    size = SIZES[dtype]

    @vector_code(host())
    def add(
        v: Emitter,
        sums: Value,
        step: Value,
        chunks: Value,
        channels: Value,
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

        v.each(channels, vector)

    @task(AddPlan, dtype)
    def add_chunks(index: int, memory: int, p: AddPlan) -> None:
        tap = (p.channels + LANES - 1) // LANES * LANES * FLOAT
        for i in range(p.taps):
            target = p.result + i * size
            add(p.sums + i * tap, p.taps * tap, p.chunks, p.channels, target, p.taps * size)

    return add_chunks


def gradient(
    x: Array,
    dy: Array,
    dweight: Array,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
) -> None:
    """`direct_weight.gradient` for as many groups as channels and outputs."""
    dtype, (channels, *_) = x.dtype.name, dweight.shape
    kernel = (dweight.shape[1], dweight.shape[2])
    taps, lines, places = kernel[0] * kernel[1], dy.shape[0] * dy.shape[1], dy.shape[2]
    worth = max(1, PIECE // (places * channels * taps))
    chunk = max(worth, -(-lines // CHUNKS))
    chunks = -(-lines // chunk)
    with temporary(chunks * taps * (channels + LANES) * FLOAT) as sums:
        plan: tuple[int, ...] = (
            address(x),
            address(dy),
            sums,
            *x.strides[:3],
            *x.shape[1:3],
            channels,
            dy.shape[1],
            places,
            *kernel,
            *stride,
            *dilation,
            padding[0][0],
            padding[1][0],
            lines,
            chunk,
        )
        run(_outer(dtype, min(kernel[1], MOST_TAPS)), chunks, Plan(*plan))
        run(_add(dtype), 1, AddPlan(sums, address(dweight), channels, taps, chunks))
