"""The innermost loops of direct convolution: tiles of results that live in registers.

Windows lie in rows of one pitch, known to the compiler, so that a step of the sum reads them at
constant distances from one register. What they hold has been copied there (`direct_windows`).
"""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.micro import register_tile
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes
LANES = host().lanes
ROWS, VECTORS = register_tile(host())
COLUMNS = VECTORS * LANES
HEIGHTS = (ROWS, ROWS * 4 // 5, ROWS * 4 // 7)  # rows of tiles to choose from
DEPTH = 512  # numbers of a window that exist at one time
# A vector may reach over the end of a row; an odd number of lines keeps rows in different sets.
PITCH = (DEPTH + LANES) * FLOAT


def window_tile(rows: int, vectors: int) -> Any:
    """The intrinsic that multiplies a tile of windows by a panel of weights.

    sums[i, j] (+)= sum over t < taps, k < depth of windows[i, t, k] panel[t, k, j], for i < `rows`
    and vectors x lanes columns j. Arguments: address of the windows, bytes from one to the next and
    from one t to the next, taps, depth, addresses of panel and sums, pitch of the sums in bytes,
    whether old sums are added.
    """

    @vector_code(host())
    def tile(
        v: Emitter,
        windows: Value,
        step: Value,
        line: Value,
        taps: Value,
        depth: Value,
        panel: Value,
        sums: Value,
        pitch: Value,
        accumulate: Value,
    ) -> None:
        size = FLOAT * v.lanes
        places = _places(sums, pitch, rows, vectors, size)
        # A processor adds 0, 1 or 2 steps to a base register: a third of the registers do.
        bases, double = [windows + step * i for i in range(0, rows, 3)], step * 2

        def tap(t: Value, totals: list[Value]) -> list[Value]:
            weights = panel + t * depth * (vectors * size)

            def term(k: Value, totals: list[Value]) -> list[Value]:
                starts = [base + (line * t + k * FLOAT) for base in bases]
                numbers = [place for s in starts for place in (s, s + step, s + double)]
                return _term(v, numbers[:rows], weights + k * (vectors * size), totals)

            return v.loop(depth, totals, term)

        totals = v.loop(taps, [v.splat(0.0)] * len(places), tap)
        _store(v, totals, places, accumulate)

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
        places = _places(sums, PITCH, rows, vectors, FLOAT * v.lanes)

        def term(k: Value, totals: list[Value]) -> list[Value]:
            first = slopes + k * PITCH
            return _term(v, [first + FLOAT * i for i in range(rows)], windows + k * PITCH, totals)

        totals = v.loop(count, [v.splat(0.0)] * len(places), term)
        _store(v, totals, places, accumulate)

    return tile


def band_tile(taps: int, length: int, vectors: int) -> Any:
    """The intrinsic that multiplies windows in a band by slopes, place by place.

    sums[(t, i), j] (+)= sum over lines l < count, places k < width of band[l, k, t, i] slopes[l, k,
    j], for t < `taps`, i < `length`, vectors x lanes columns j. Arguments: address of the windows,
    bytes from one place, line of places and tap down to the next; address of the slopes and their
    pitch in bytes; width and count; address and pitch of the sums, whether old sums are added.
    """

    @vector_code(host())
    def tile(
        v: Emitter,
        windows: Value,
        step: Value,
        line: Value,
        tap: Value,
        slopes: Value,
        slope_pitch: Value,
        width: Value,
        count: Value,
        sums: Value,
        pitch: Value,
        accumulate: Value,
    ) -> None:
        places = _places(sums, pitch, taps * length, vectors, FLOAT * v.lanes)

        def row(i: Value, totals: list[Value]) -> list[Value]:
            start, slope = windows + line * i, slopes + slope_pitch * width * i

            def term(k: Value, totals: list[Value]) -> list[Value]:
                firsts = [start + step * k + tap * t for t in range(taps)]
                numbers = [first + FLOAT * e for first in firsts for e in range(length)]
                return _term(v, numbers, slope + slope_pitch * k, totals)

            return v.loop(width, totals, term)

        totals = v.loop(count, [v.splat(0.0)] * len(places), row)
        _store(v, totals, places, accumulate)

    return tile


def _places(sums: Value, pitch: Value | int, rows: int, vectors: int, size: int) -> list[Value]:
    """Where the vectors of a tile's sums are."""
    return [sums + pitch * i + size * j for i in range(rows) for j in range(vectors)]


def _term(v: Emitter, numbers: list[Value], start: Value, totals: list[Value]) -> list[Value]:
    """totals[i, j] + number[i] vector[j]: places of the numbers, address of the vectors."""
    vectors = len(totals) // len(numbers)
    line = [v.load(start + FLOAT * v.lanes * j) for j in range(vectors)]
    results = []
    for i, place in enumerate(numbers):  # one at a time: few registers are left
        number = v.broadcast(place)
        row = totals[i * vectors : (i + 1) * vectors]
        results += [v.fma(number, x, total) for x, total in zip(line, row, strict=True)]
    return results


def _store(v: Emitter, totals: list[Value], places: list[Value], accumulate: Value) -> None:
    def add_old(totals: list[Value]) -> list[Value]:
        return [v.load(place) + total for place, total in zip(places, totals, strict=True)]

    totals = v.when(accumulate > 0, totals, add_old)
    for place, total in zip(places, totals, strict=True):
        v.store(total, place)
