"""Panels: a matrix in the order in which the micro-kernel reads it.

A panel holds `width` lines of a matrix, rows of A or columns of B, line by line next to each other:
panel[k, i] = x[i, k], float32, k < depth. Lines that the matrix doesn't have are 0.

Panels are written forwards in whole vectors. Where the width isn't one, a vector reaches into the
next k, which overwrites it.
"""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.machine import Target
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes
MOST_LANES = 16


def panel_bytes(width: int, depth: int, lanes: int) -> int:
    """Room for whole vectors along the depth, and for what the last vector has too much."""
    return (width * (-(-depth // lanes) * lanes) + MOST_LANES) * FLOAT


def pack_adjacent(target: Target, width: int) -> Any:
    """The intrinsic that packs lines which lie side by side: x[i, k] is at x + 4 i + step k.

    Arguments: address of x, step (bytes), how many lines there are, depth, address of the panel.
    """

    @vector_code(target)
    def adjacent(
        v: Emitter, x: Value, step: Value, lines: Value, depth: Value, panel: Value
    ) -> None:
        masks = {start: v.tail(lines - start) for start in range(0, width, v.lanes)}

        def copy(k: Value, _: list[Value]) -> list[Value]:
            for start, mask in masks.items():
                vector = v.load(x + step * k + FLOAT * start, mask=mask)
                v.store(vector, panel + (k * width + start) * FLOAT)
            return []

        v.loop(depth, [], copy)

    return adjacent


def pack_lines(target: Target, width: int) -> Any:
    """The intrinsic that packs lines which are contiguous: x[i, k] is at x + pitch i + 4 k.

    Arguments: address of x, pitch (bytes), how many lines there are, depth, address of the panel.
    """

    @vector_code(target)
    def contiguous(
        v: Emitter, x: Value, pitch: Value, lines: Value, depth: Value, panel: Value
    ) -> None:
        def column(start: int, first: Value, mask: Value) -> list[Value]:
            here = range(start, start + v.lanes)
            address = x + first * FLOAT
            rows = [v.load(address + pitch * i, mask=mask & v.splat(lines > i)) for i in here]
            return v.transpose(rows)

        def square(block: Value, _: list[Value]) -> list[Value]:
            first = block * v.lanes
            mask = v.tail(depth - first)
            columns = {start: column(start, first, mask) for start in range(0, width, v.lanes)}
            for k in range(v.lanes):
                for start, vectors in columns.items():
                    v.store(vectors[k], panel + ((first + k) * width + start) * FLOAT)
            return []

        v.loop((depth + (v.lanes - 1)) >> (v.lanes.bit_length() - 1), [], square)

    return contiguous
