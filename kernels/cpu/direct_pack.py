"""Weights in panels, as the tiles of direct convolution read them.

A panel has `COLUMNS` results, those of all panels before it and a vector for the last few, for
each number of a window: packed[k, j]. There are panels for each group and class of places.
"""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct_geometry import Axis, taps_before, taps_of
from dlcore.kernels.cpu.direct_tile import COLUMNS, FLOAT, LANES, VECTORS
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

CHUNK = 256  # numbers of a window that a piece packs


class Plan(NamedTuple):
    """Weights O R S C/G in memory, and where their panels go."""

    weight: int
    packed: int
    groups: int
    outputs: int  # of the convolution, a group
    inputs: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    top: int
    left: int


@compiled
def panels(count: int) -> int:
    return int((count + COLUMNS - 1) // COLUMNS)


@compiled
def panel_vectors(count: int, panel: int) -> int:
    """How many vectors a panel of `count` results has."""
    return int(min(VECTORS, (count - panel * COLUMNS + LANES - 1) // LANES))


@cache
def forward(dtype: str) -> Task:
    """Pieces: groups x panels x chunks of the depth."""
    size = SIZES[dtype]

    @vector_code(host())
    def turn(
        v: Emitter,
        source: Value,
        pitch: Value,
        lines: Value,
        depth: Value,
        target: Value,
        width: Value,
    ) -> None:
        """target[k, i] = source[i, k] for `lines` <= LANES lines; width in bytes."""

        def put(column: Value, to: Value, _: list[Value]) -> list[Value]:
            v.store(column, to)
            return []

        def square(block: Value, _: list[Value]) -> list[Value]:
            k = block * v.lanes
            mask = v.tail(depth - k)
            start = source + k * size
            rows = [
                read(v, start + pitch * i, dtype, mask & v.splat(lines > i)) for i in range(v.lanes)
            ]
            for i, column in enumerate(v.transpose(rows)):
                v.when(depth > k + i, [], partial(put, column, target + width * (k + i)))
            return []

        v.loop((depth + (v.lanes - 1)) >> (v.lanes.bit_length() - 1), [], square)

    @task(Plan, dtype)
    def forward(index: int, memory: int, p: Plan) -> None:
        depth = p.kernel_h * p.kernel_w * p.inputs
        count = panels(p.outputs)
        chunks = (depth + CHUNK - 1) // CHUNK
        begin, panel = index % chunks * CHUNK, index // chunks % count
        group = index // chunks // count
        vectors = panel_vectors(p.outputs, panel)
        target = p.packed + (group * count + panel) * COLUMNS * depth * FLOAT
        target += begin * vectors * LANES * FLOAT
        for vector in range(vectors):
            first = panel * COLUMNS + vector * LANES
            source = p.weight + ((group * p.outputs + first) * depth + begin) * size
            lines, length = p.outputs - first, min(CHUNK, depth - begin)
            width = vectors * LANES * FLOAT
            turn(source, depth * size, lines, length, target + vector * LANES * FLOAT, width)

    return forward


@cache
def gradient(dtype: str) -> Task:
    """Pieces: groups x classes x panels."""
    size = SIZES[dtype]

    @vector_code(host())
    def copy(
        v: Emitter,
        source: Value,
        pitch: Value,
        count: Value,
        rows: Value,
        target: Value,
        step: Value,
    ) -> None:
        """Copy `count` <= LANES numbers of rows."""
        mask = v.tail(count)

        def row(i: Value, _: list[Value]) -> list[Value]:
            v.store(read(v, source + pitch * i, dtype, mask), target + step * i)
            return []

        v.loop(rows, [], row)

    @task(Plan, dtype)
    def gradient(index: int, memory: int, p: Plan) -> None:
        height = Axis(0, p.kernel_h, p.stride_h, p.dilation_h, p.top)
        width = Axis(0, p.kernel_w, p.stride_w, p.dilation_w, p.left)
        count = panels(p.inputs)
        panel, index = index % count, index // count
        classes = p.stride_h * p.stride_w
        number, group = index % classes, index // classes
        down, across = taps_of(height, width, 1, number)
        before = taps_before(height, width, 1, number)
        depth = down.taps * across.taps * p.outputs
        vectors = panel_vectors(p.inputs, panel)
        step = vectors * LANES * FLOAT
        taps = group * p.kernel_h * p.kernel_w + before
        target = p.packed + (taps * p.outputs * count + panel * depth) * COLUMNS * FLOAT
        pitch = p.kernel_h * p.kernel_w * p.inputs * size
        for i in range(down.taps):
            for j in range(across.taps):
                tap = (down.first_tap + i * down.tap_step) * p.kernel_w
                tap += across.first_tap + j * across.tap_step
                source = p.weight + group * p.outputs * pitch + tap * p.inputs * size
                for vector in range(vectors):
                    first = panel * COLUMNS + vector * LANES
                    start, to = source + first * size, target + vector * LANES * FLOAT
                    copy(start, pitch, p.inputs - first, p.outputs, to, step)
                target += p.outputs * step

    return gradient
