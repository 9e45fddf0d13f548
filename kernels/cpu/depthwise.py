"""Depthwise convolution: every channel by a kernel of its own, so that vectors run over channels.

The forward pass, and the gradient for the input, as one sum over the taps of each place (see
`direct_geometry`); RUN places side by side share a load of the weights. Weights lie tap by tap,
float32, in whole vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.bits16 import widen
from dlcore.kernels.cpu.direct_geometry import Axis, clip, taps_of
from dlcore.kernels.cpu.direct_tile import FLOAT, LANES
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Padding, Pair

RUN = 8  # places whose sums are in registers
PIECE = 1 << 18  # multiply-adds that are worth a piece


class Plan(NamedTuple):
    """Addresses, strides in bytes, and what `direct_geometry` takes."""

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
    chunk: int  # rows of places that a piece does
    relu: int


class PackPlan(NamedTuple):
    """Weights C R S, taps R S of them, go tap by tap."""

    weight: int
    packed: int
    channels: int
    taps: int


@cache
def _pack(dtype: str) -> Task:
    size = SIZES[dtype]

    @vector_code(host())
    def tap_of_all(v: Emitter, weight: Value, channels: Value, taps: Value, target: Value) -> None:
        def vector(k: Value, mask: Value | None) -> None:
            start, step = weight + k * taps * size, taps * size
            if dtype == "float32":
                numbers = v.gather(start, step, mask=mask)
            else:
                numbers = widen(v, v.gather(start, step, "uint16", mask), dtype)
            v.store(numbers, target + k * FLOAT)

        v.each(channels, vector)

    @task(PackPlan, dtype)
    def pack(index: int, memory: int, p: PackPlan) -> None:
        vectors = (p.channels + LANES - 1) // LANES
        for tap in range(p.taps):
            target = p.packed + tap * vectors * LANES * FLOAT
            tap_of_all(p.weight + tap * size, p.channels, p.taps, target)

    return pack


def _places(dtype: str, count: int) -> Callable[..., None]:
    """The intrinsic that computes `count` places side by side."""
    size = SIZES[dtype]

    @vector_code(host())
    def places(
        v: Emitter,
        source: Value,
        row: Value,
        pixel: Value,
        step: Value,
        weights: Value,
        weight_row: Value,
        weight_tap: Value,
        down: Value,
        across: Value,
        bias: Value,
        relu: Value,
        target: Value,
        move: Value,
        channels: Value,
    ) -> None:
        """Source of the first tap, bytes to the next row, pixel and place; the same of weights."""

        def vector(k: Value, mask: Value | None) -> None:
            def tap_row(i: Value, sums: list[Value]) -> list[Value]:
                start, line = source + row * i + k * size, weights + weight_row * i + k * FLOAT

                def tap(j: Value, sums: list[Value]) -> list[Value]:
                    weight, first = v.load(line + weight_tap * j), start + pixel * j
                    numbers = [read(v, first + step * n, dtype, mask) for n in range(count)]
                    return [v.fma(weight, x, total) for x, total in zip(numbers, sums, strict=True)]

                return v.loop(across, sums, tap)

            def add_bias(sums: list[Value]) -> list[Value]:
                number = read(v, bias + k * size, dtype, mask)
                return [total + number for total in sums]

            def rectify(sums: list[Value]) -> list[Value]:
                return [v.maximum(total, v.splat(0.0)) for total in sums]

            sums = v.loop(down, [v.splat(0.0)] * count, tap_row)
            sums = v.when(~bias.equals(0), sums, add_bias)
            sums = v.when(relu > 0, sums, rectify)
            for n, total in enumerate(sums):
                write(v, total, target + move * n + k * size, dtype, mask)

        v.each(channels, vector)

    return places  # type: ignore[no-any-return]


@cache
def _gather(dtype: str) -> Task:
    """Pieces: chunks of rows x classes of places."""
    several, one = _places(dtype, RUN), _places(dtype, 1)

    @task(Plan, dtype)
    def gather(index: int, memory: int, p: Plan) -> None:
        number, chunk = index % p.classes, index // p.classes
        height = Axis(p.result_height, p.kernel_h, p.stride_h, p.dilation_h, p.top)
        width = Axis(p.result_width, p.kernel_w, p.stride_w, p.dilation_w, p.left)
        down, across = taps_of(height, width, p.backward, number)
        c, pixel = p.channels, p.source_pixel
        tap = (c + LANES - 1) // LANES * LANES * FLOAT
        step, move = across.step * pixel, across.place_step * p.result_pixel
        row_step, pixel_step = down.move * p.source_row, across.move * pixel
        weight_row, weight_tap = down.tap_step * p.kernel_w * tap, across.tap_step * tap
        last = min((chunk + 1) * p.chunk, p.images * down.places)
        for line in range(chunk * p.chunk, last):
            i, n = line % down.places, line // down.places
            h = i * down.step + down.offset
            top, bottom = clip(p.source_height, h, down.move, down.taps)
            rows = p.source + n * p.source_image + (h + top * down.move) * p.source_row
            result = p.result + n * p.result_image
            result += (down.first_place + i * down.place_step) * p.result_row
            taps = p.weights + (down.first_tap + top * down.tap_step) * p.kernel_w * tap
            j = 0
            while j < across.places:
                w = j * across.step + across.offset
                left, right = clip(p.source_width, w, across.move, across.taps)
                x = rows + (w + left * across.move) * pixel
                weights = taps + (across.first_tap + left * across.tap_step) * tap
                y = result + (across.first_place + j * across.place_step) * p.result_pixel
                end = w + (RUN - 1) * across.step + (across.taps - 1) * across.move
                inside = left == 0 and right == across.taps and end < p.source_width
                if inside and j + RUN <= across.places:
                    several(
                        x, row_step, pixel_step, step, weights, weight_row, weight_tap,
                        bottom - top, right, p.bias, p.relu, y, move, c,
                    )  # fmt: skip
                    j += RUN
                else:
                    one(
                        x, row_step, pixel_step, step, weights, weight_row, weight_tap,
                        bottom - top, right - left, p.bias, p.relu, y, move, c,
                    )  # fmt: skip
                    j += 1

    return gather


def correlate(
    source: Array,
    weight: Array,
    bias: Array | None,
    result: Array,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    backward: bool,
    relu: bool = False,
) -> None:
    """`direct.correlate` for as many groups as channels and outputs."""
    dtype, (channels, *_) = source.dtype.name, weight.shape
    kernel = (weight.shape[1], weight.shape[2])
    images, height, width, _ = result.shape
    taps = kernel[0] * kernel[1]
    classes = stride[0] * stride[1] if backward else 1
    rows = images * (-(-height // stride[0]) if backward else height)
    work = -(-width // stride[1]) if backward else width
    chunk = max(1, PIECE // (work * channels * -(-taps // classes)))
    with temporary(taps * (channels + LANES) * FLOAT) as weights:
        run(_pack(dtype), 1, PackPlan(address(weight), weights, channels, taps))
        plan: tuple[int, ...] = (
            address(source),
            weights,
            address(bias),
            address(result),
            *source.strides[:3],
            *source.shape[1:3],
            channels,
            *result.strides[:3],
            height,
            width,
            images,
            *kernel,
            *stride,
            *dilation,
            padding[0][0],
            padding[1][0],
            int(backward),
            classes,
            chunk,
            int(relu),
        )
        run(_gather(dtype), -(-rows // chunk) * classes, Plan(*plan))
