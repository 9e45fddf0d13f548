"""Panels: a matrix in the order in which the micro-kernel reads it.

A panel holds `width` lines of a matrix, rows of A or columns of B, line by line next to each other:
panel[k, i] = x[i, k], float32, k < depth. Lines that the matrix doesn't have are 0.
"""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.machine import Target
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes


def pack_adjacent(target: Target, width: int) -> Any:
    """The intrinsic that packs lines which lie side by side: x[i, k] is at x + 4 i + step k.

    Arguments: address of x, step (bytes), how many lines there are, depth, address of the panel.
    """

    @vector_code(target)
    def adjacent(
        v: Emitter, x: Value, step: Value, lines: Value, depth: Value, panel: Value
    ) -> None:
        starts = range(0, width, v.lanes)
        present = [v.tail(lines - start) for start in starts]
        room = [v.tail(lines * 0 + (width - start)) for start in starts]

        def copy(k: Value, _: list[Value]) -> list[Value]:
            for start, read, write in zip(starts, present, room, strict=True):
                vector = v.load(x + step * k + FLOAT * start, mask=read)
                v.store(vector, panel + (k * width + start) * FLOAT, write)
            return []

        v.loop(depth, [], copy)

    return adjacent


def pack_lines(target: Target, width: int) -> Any:
    """The intrinsic that packs lines which are contiguous: x[i, k] is at x + pitch i + 4 k.

    Arguments: address of x, pitch (bytes), how many lines there are, depth, address of the panel;
    the panel has room for a depth that is a multiple of the lanes.
    """

    @vector_code(target)
    def lines_of(
        v: Emitter, x: Value, pitch: Value, lines: Value, depth: Value, panel: Value
    ) -> None:
        starts = range(0, width, v.lanes)
        room = [v.tail(lines * 0 + (width - start)) for start in starts]

        def square(block: Value, _: list[Value]) -> list[Value]:
            first = block * v.lanes
            inside = v.tail(depth - first)
            for start, write in zip(starts, room, strict=True):
                here = x + first * FLOAT
                rows = [
                    v.load(here + pitch * i, mask=inside & v.splat(lines > i))
                    for i in range(start, start + v.lanes)
                ]
                for k, column in enumerate(v.transpose(rows)):
                    v.store(column, panel + ((first + k) * width + start) * FLOAT, write)
            return []

        v.loop((depth + (v.lanes - 1)) >> (v.lanes.bit_length() - 1), [], square)

    return lines_of
