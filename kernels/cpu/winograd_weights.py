"""Weights into Winograd's planes, and their gradients out of them.

    u[o vector, c, o lane]  for outputs: what `multiply` wants to turn channels c into outputs o
    u[c vector, o, c lane]  for gradients of inputs: the same with o and c exchanged, taps reversed
    s[c vector, o, c lane]  sums for the gradient of the weights, taps reversed

Rows and lanes that weights don't have are 0. They are O 3 3 C in memory and gone through in that
order, a square of outputs and channels at a time: neighbours share a page of memory.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.machine import Target, host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.cpu.winograd_finish import Finish
from dlcore.kernels.cpu.winograd_load import PLAIN, Source, into_planes
from dlcore.kernels.cpu.winograd_matrices import matrices, transposed
from dlcore.kernels.cpu.winograd_store import from_planes
from dlcore.kernels.cpu.winograd_tiles import LANES, LINE, TILE, Tile, plane_bytes, vectors

SQUARE = LANES * LINE  # bytes of lanes x lanes numbers
SQUARES = 8  # a piece
SUMS = 2048  # vectors a piece
AHEAD = 2  # squares; the rows of one are too far apart for the processor to foresee its reads
STREAMED = 1 << 22  # bytes of transformed weights above which they are faster past the caches
_CACHE_LINE = 64  # bytes; a part of one would have to be read


class Weights(NamedTuple):
    """Plan: weights O 3 3 C; their planes and the bytes from one to the next."""

    weight: int
    outputs: int
    channels: int
    planes: int
    pitch: int


class Line(NamedTuple):
    """Plan: numbers, and where they go as float32."""

    x: int
    size: int
    wide: int


class Parts(NamedTuple):
    """Plan: `number` arrays of `lines` vectors, `pitch` bytes apart, and their sum."""

    parts: int
    number: int
    pitch: int
    lines: int
    total: int


def for_outputs(weight: int, outputs: int, channels: int, dtype: str, tile: int, u: int) -> None:
    """Transform weights to compute outputs; u has room for `weight_bytes`."""
    stream = _past_caches(outputs, channels, tile)
    _run(_for_outputs(dtype, tile, stream), weight, outputs, channels, u)


def for_inputs(weight: int, outputs: int, channels: int, dtype: str, tile: int, u: int) -> None:
    """Transform weights to compute gradients of inputs."""
    stream = _past_caches(outputs, channels, tile)
    _run(_for_inputs(dtype, tile, stream), weight, outputs, channels, u)


def gradient(sums: int, outputs: int, channels: int, dtype: str, tile: int, dweight: int) -> None:
    """The gradient of the weights from its sums."""
    _run(_gradient(dtype, tile), dweight, outputs, channels, sums)


def weight_pitch(outputs: int, channels: int) -> int:
    """Bytes from one plane of weights to the next."""
    return plane_bytes(channels, vectors(outputs) * LANES)


def weight_bytes(outputs: int, channels: int, tile: int) -> int:
    """Bytes of all planes of weights."""
    return (tile + 2) ** 2 * weight_pitch(outputs, channels)


def add_parts(parts: int, count: int, size: int, total: int) -> None:
    """Sum up `count` arrays of float32, `size` bytes each, one behind the other, in float64."""
    lines = size // LINE
    run(_add_parts, -(-lines // SUMS), Parts(parts, count, size, lines, total))


def _past_caches(outputs: int, channels: int, tile: int) -> bool:
    """Whether transformed weights are written there."""
    return LINE == _CACHE_LINE and weight_bytes(outputs, channels, tile) > STREAMED


def _run(kernel: Task, weight: int, outputs: int, channels: int, planes: int) -> None:
    squares = vectors(outputs) * vectors(channels)
    p = Weights(weight, outputs, channels, planes, weight_pitch(outputs, channels))
    run(kernel, -(-squares // SQUARES), p, memory=9 * SQUARE + TILE)


@cache
def _for_outputs(dtype: str, tile: int, stream: bool) -> Task:
    turn = _turned(host(), dtype)
    into = into_planes(host(), matrices(tile).weights, "float32", masked=False, stream=stream)
    size = SIZES[dtype]

    @task(Weights, f"{dtype}.{tile}{'.stream' * stream}")
    def for_outputs(index: int, memory: int, p: Weights) -> None:
        across = (p.channels + LANES - 1) // LANES
        squares = across * ((p.outputs + LANES - 1) // LANES)
        for square in range(index * SQUARES, min((index + 1) * SQUARES, squares)):
            o = square // across * LANES
            c = square % across * LANES
            w = p.weight + (o * 9 * p.channels + c) * size
            pixel, own = p.channels * size, memory + 9 * SQUARE
            turn(w, pixel, p.outputs - o, p.channels - c, memory)
            for i in range(LANES):
                ask(w + i * 9 * pixel + AHEAD * LANES * size, pixel)
                u = p.planes + square * SQUARE + i * LINE
                turned = memory + i * LINE
                t = Tile(turned, 3 * SQUARE, SQUARE, 0, 3, 0, 3, LANES, 0, u, p.pitch, own, 0)
                into(t, Source(PLAIN, 0, 0, 0))
        if stream:
            fence()

    return for_outputs


@cache
def _for_inputs(dtype: str, tile: int, stream: bool) -> Task:
    whole, part = (
        into_planes(host(), matrices(tile).weights, dtype, masked, stream)
        for masked in (False, True)
    )
    size = SIZES[dtype]

    @task(Weights, f"{dtype}.{tile}{'.stream' * stream}")
    def for_inputs(index: int, memory: int, p: Weights) -> None:
        across = (p.channels + LANES - 1) // LANES
        down = (p.outputs + LANES - 1) // LANES
        squares = across * down
        pixel = -p.channels * size
        for square in range(index * SQUARES, min((index + 1) * SQUARES, squares)):
            c, first = square % across * LANES, square // across * LANES
            left = p.channels - c
            planes = p.planes + (c * down + first) * LINE
            for i in range(LANES):
                o = first + i
                w = p.weight + ((o * 9 + 8) * p.channels + c) * size
                u = planes + i * LINE
                ask(w + AHEAD * LANES * size, pixel)
                here = left if o < p.outputs else 0
                t = Tile(w, 3 * pixel, pixel, 0, 3, 0, 3, here, 0, u, p.pitch, memory, 0)
                if here >= LANES:
                    whole(t, Source(PLAIN, 0, 0, 0))
                else:
                    part(t, Source(PLAIN, 0, 0, 0))
        if stream:
            fence()

    return for_inputs


@cache
def _gradient(dtype: str, tile: int) -> Task:
    matrix = transposed(matrices(tile).weights)
    whole, part = (from_planes(host(), matrix, dtype, masked, Finish) for masked in (False, True))
    size = SIZES[dtype]

    @task(Weights, f"{dtype}.{tile}")
    def gradient(index: int, memory: int, p: Weights) -> None:
        across = (p.channels + LANES - 1) // LANES
        down = (p.outputs + LANES - 1) // LANES
        squares = across * down
        pixel = -p.channels * size
        for square in range(index * SQUARES, min((index + 1) * SQUARES, squares)):
            c, first = square % across * LANES, square // across * LANES
            left = p.channels - c
            planes = p.planes + (c * down + first) * LINE
            for i in range(min(LANES, p.outputs - first)):
                w = p.weight + (((first + i) * 9 + 8) * p.channels + c) * size
                s = planes + i * LINE
                t = Tile(w, 3 * pixel, pixel, 0, 3, 0, 3, left, 0, s, p.pitch, memory, 0)
                if left >= LANES:
                    whole(t, 0)
                else:
                    part(t, 0)

    return gradient


@vector_code(host())
def ask(v: Emitter, weight: Value, pixel: Value) -> None:
    """Nine taps are needed soon."""
    for tap in range(9):
        v.prefetch(weight + pixel * tap)


@vector_code(host())
def fence(v: Emitter) -> None:
    """For other threads, what was written past the caches is there."""
    v.fence()


def _turned(target: Target, dtype: str) -> Any:
    """The intrinsic that turns nine squares of weights: square[tap, c, o] = w[o, tap, c]."""

    @vector_code(target)
    def turn(
        v: Emitter, weight: Value, pixel: Value, outputs: Value, channels: Value, squares: Value
    ) -> None:
        tail = v.tail(channels)

        def tap(number: Value, _: list[Value]) -> list[Value]:
            here = weight + pixel * number
            rows = [
                read(v, here + pixel * (9 * o), dtype, tail & v.splat(outputs > o))
                for o in range(v.lanes)
            ]
            for c, column in enumerate(v.transpose(rows)):
                v.store(column, squares + (number * v.lanes + c) * (4 * v.lanes))
            return []

        v.loop(v.integer(9), [], tap)

    return turn


@vector_code(host())
def _sum(v: Emitter, first: Value, count: Value, pitch: Value, total: Value) -> None:
    """One vector of the sum of `count` arrays."""

    def add(part: Value, sums: list[Value]) -> list[Value]:
        return [sums[0] + v.load(first + part * pitch).to("float64")]

    (result,) = v.loop(count, [v.splat(0.0, "float64")], add)
    v.store(result.to("float32"), total)


@task(Parts)
def _add_parts(index: int, memory: int, p: Parts) -> None:
    for line in range(index * SUMS, min((index + 1) * SUMS, p.lines)):
        _sum(p.parts + line * LINE, p.number, p.pitch, p.total + line * LINE)


@cache
def widening(dtype: str) -> Task:
    """Numbers as float32."""
    size = SIZES[dtype]

    @vector_code(host())
    def widen(v: Emitter, p: Any) -> None:
        def step(i: Value, mask: Value | None) -> None:
            v.store(read(v, p.x + i * size, dtype, mask), p.wide + i * 4, mask)

        v.each(p.size, step)

    @task(Line, dtype)
    def widening(index: int, memory: int, p: Line) -> None:
        widen(p)

    return widening
