"""Panels: a matrix in the order in which the micro-kernel reads it.

A panel holds `width` lines of a matrix, rows of A or columns of B, step by step next to each other:
panel[k, i] = x[i, k], k < depth, as float32. Lines that the matrix doesn't have are 0. As "pairs",
panel[k, i] holds the bfloat16 numbers x[i, 2 k] and x[i, 2 k + 1], the last one 0 if depth is odd.

Functions here are vector code. `lines` is how many there are, `panel` the address to write to.
Panels are written forwards in whole vectors. Where the width isn't one, a vector reaches into the
next k, which overwrites it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dlcore.kernels.cpu.bits16 import widen
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.storage import SIZES, read
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes
MOST_LANES = 16
PAIRS = "pairs"
NEXT = 256  # bytes: lines beside the ones that are packed now are packed soon


def storage_bytes(dtype: str) -> int:
    """Bytes of one number of the matrix."""
    return 2 if dtype == PAIRS else SIZES[dtype]


def panel_bytes(width: int, steps: int, lanes: int) -> int:
    """Room for whole vectors along the depth, and for what the last vector has too much."""
    return (width * (-(-steps // lanes) * lanes) + MOST_LANES) * FLOAT


def copy_lines(
    v: Emitter, dtype: str, x: Value, pitch: Value, lines: Value, depth: Value, panel: Value,
    panel_pitch: Value,
) -> None:  # fmt: skip
    """Copy lines which are contiguous, and stay so: panel[i, k], lines panel_pitch bytes apart."""
    pairs = dtype == PAIRS

    def copy(i: Value, _: list[Value]) -> list[Value]:
        line, target = x + pitch * i, panel + panel_pitch * i

        def numbers(k: Value, mask: Value | None) -> None:
            place = line + k * storage_bytes(dtype)
            if pairs:
                v.store(v.load(place, "uint16", mask), target + k * 2, mask)
            else:
                v.store(read(v, place, dtype, mask), target + k * FLOAT, mask)

        if pairs:  # the second number of the last pair
            v.store(v.integer(0).to("uint16"), target + depth * 2)
        v.each(depth, numbers)
        return []

    v.loop(lines, [], copy)


def pack_lines(
    v: Emitter,
    width: int,
    dtype: str,
    x: Value,
    pitch: Value,
    lines: Value,
    depth: Value,
    panel: Value,
) -> None:
    """Pack lines which are contiguous: x[i, k] is at x + pitch i + size k."""
    size = storage_bytes(dtype)

    def part(place: Value, first: Value, inside: Value) -> Value:
        """Numbers of one line: `lanes` of the panel's."""
        if dtype != PAIRS:
            return read(v, place, dtype, v.tail(depth - first) & v.splat(inside))
        twice = Emitter(v.builder, replace(v.target, lanes=2 * v.lanes))
        mask = twice.tail(depth - first * 2) & twice.splat(inside)
        return twice.load(place, "uint16", mask).bits("int32")

    def column(start: int, first: Value) -> list[Value]:
        address = x + first * (2 * size if dtype == PAIRS else size)
        here = range(start, start + v.lanes)
        return v.transpose([part(address + pitch * i, first, lines > i) for i in here])

    def square(block: Value, _: list[Value]) -> list[Value]:
        first = block * v.lanes
        columns = {start: column(start, first) for start in range(0, width, v.lanes)}
        for k in range(v.lanes):
            for start, vectors in columns.items():
                v.store(vectors[k], panel + ((first + k) * width + start) * FLOAT)
        return []

    steps = (depth + 1) >> 1 if dtype == PAIRS else depth
    v.loop((steps + (v.lanes - 1)) >> (v.lanes.bit_length() - 1), [], square)


def pack_adjacent(
    v: Emitter,
    width: int,
    dtype: str,
    x: Value,
    step: Value,
    lines: Value,
    depth: Value,
    panel: Value,
) -> None:
    """Pack lines which lie side by side: x[i, k] is at x + size i + step k."""

    def numbers(k: Value, start: int, mask: Value) -> Value:
        place = x + step * k + storage_bytes(dtype) * start
        v.prefetch(place + NEXT)
        return v.load(place, "uint16", mask) if dtype == PAIRS else read(v, place, dtype, mask)

    _pack_steps(v, numbers, width, dtype, lines, depth, panel)


def pack_apart(
    v: Emitter,
    width: int,
    dtype: str,
    x: Value,
    pitch: Value,
    step: Value,
    lines: Value,
    depth: Value,
    panel: Value,
) -> None:
    """Pack a matrix of any strides: x[i, k] is at x + pitch i + step k."""

    def numbers(k: Value, start: int, mask: Value) -> Value:
        place = x + step * k + pitch * start
        if dtype == "float32":
            return v.gather(place, pitch, dtype, mask)
        patterns = v.gather(place, pitch, "uint16", mask)
        return patterns if dtype == PAIRS else widen(v, patterns, dtype)

    _pack_steps(v, numbers, width, dtype, lines, depth, panel)


def _pack_steps(
    v: Emitter,
    numbers: Callable[[Value, int, Value], Value],
    width: int,
    dtype: str,
    lines: Value,
    depth: Value,
    panel: Value,
) -> None:
    """Pack step by step; `numbers` reads those of lines from `start` on at one place k."""
    masks = {start: v.tail(lines - start) for start in range(0, width, v.lanes)}

    def pair(k: Value, start: int, mask: Value) -> Value:
        inside = mask & v.splat(k * 2 + 1 < depth)
        first, second = numbers(k * 2, start, mask), numbers(k * 2 + 1, start, inside)
        return first.to("int32") | (second.to("int32") << 16)

    def copy(k: Value, _: list[Value]) -> list[Value]:
        for start, mask in masks.items():
            vector = (pair if dtype == PAIRS else numbers)(k, start, mask)
            v.store(vector, panel + (k * width + start) * FLOAT)
        return []

    v.loop((depth + 1) >> 1 if dtype == PAIRS else depth, [], copy)
