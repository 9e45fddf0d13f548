"""The innermost loops of direct convolution: tiles of results that live in registers.

Windows lie in rows of one pitch, known to the compiler, so that a step of the sum reads them at
constant distances from one register. What they hold has been copied there (`direct_windows`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.micro import register_tile
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes
LANES = host().lanes
ROWS, VECTORS = register_tile(host())
COLUMNS = VECTORS * LANES
DEPTH = 512  # numbers of a window that exist at one time
# A vector may reach over the end of a row; an odd number of lines keeps rows in different sets.
PITCH = (DEPTH + LANES) * FLOAT


def window_tile(vectors: int) -> Any:
    """The intrinsic that multiplies a tile of windows by a panel of weights.

    sums[i, j] (+)= sum over k < depth of windows[i, k] panel[k, j], for ROWS rows i and
    vectors x lanes columns j. Arguments: addresses of windows, panel and sums, depth, pitch of the
    sums in bytes, whether old sums are added.
    """

    @vector_code(host())
    def tile(
        v: Emitter,
        windows: Value,
        panel: Value,
        sums: Value,
        depth: Value,
        pitch: Value,
        accumulate: Value,
    ) -> None:
        def places(k: Value) -> tuple[list[Value], Value]:
            first = windows + k * FLOAT
            numbers = [first + PITCH * i for i in range(ROWS)]
            return numbers, panel + k * (vectors * v.lanes * FLOAT)

        _tile(v, places, ROWS, vectors, sums, depth, pitch, accumulate)

    return tile


def slope_tile(rows: int, vectors: int) -> Any:
    """The intrinsic that multiplies slopes by windows, place by place.

    sums[i, j] (+)= sum over k < count of slopes[k, i] windows[k, j], for i < rows and vectors x
    lanes columns j; all in rows of PITCH. Arguments: addresses of slopes, windows and sums, count,
    whether old sums are added.
    """

    @vector_code(host())
    def tile(
        v: Emitter,
        slopes: Value,
        windows: Value,
        sums: Value,
        count: Value,
        accumulate: Value,
    ) -> None:
        def places(k: Value) -> tuple[list[Value], Value]:
            first = slopes + k * PITCH
            return [first + FLOAT * i for i in range(rows)], windows + k * PITCH

        _tile(v, places, rows, vectors, sums, count, PITCH, accumulate)

    return tile


def _tile(
    v: Emitter,
    operands: Callable[[Value], tuple[list[Value], Value]],
    rows: int,
    vectors: int,
    sums: Value,
    count: Value,
    pitch: Value | int,
    accumulate: Value,
) -> None:
    """sums[i, j] (+)= sum over k of number[i] line[j], whose places are operands(k)."""
    size = FLOAT * v.lanes
    lines = [sums + pitch * i for i in range(rows)]
    places = [line + size * j for line in lines for j in range(vectors)]

    def step(k: Value, totals: list[Value]) -> list[Value]:
        numbers, start = operands(k)
        line = [v.load(start + size * j) for j in range(vectors)]
        results = []
        for i, place in enumerate(numbers):  # one at a time: few registers are left
            number = v.broadcast(place)
            row = totals[i * vectors : (i + 1) * vectors]
            results += [v.fma(number, x, total) for x, total in zip(line, row, strict=True)]
        return results

    def add_old(totals: list[Value]) -> list[Value]:
        return [v.load(place) + total for place, total in zip(places, totals, strict=True)]

    totals = v.loop(count, [v.splat(0.0)] * len(places), step)
    totals = v.when(accumulate > 0, totals, add_old)
    for place, total in zip(places, totals, strict=True):
        v.store(total, place)
