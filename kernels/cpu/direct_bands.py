"""Direct convolution by lines of places: a band of the image is copied, not its windows.

The rows that some lines of places read are copied once, with zeros in the place of the padding.
There the windows of a line overlap, and tiles read them where they are. It takes taps that lie
side by side, and lines that tiles fill well; it pays where windows are copied for few results.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct_geometry import Taps, clip
from dlcore.kernels.cpu.direct_pack import panel_vectors
from dlcore.kernels.cpu.direct_plan import Plan, piece_of, place_address
from dlcore.kernels.cpu.direct_store import row_storer
from dlcore.kernels.cpu.direct_tile import COLUMNS, FLOAT, LANES, window_tile
from dlcore.kernels.cpu.direct_windows import Source, clear, copy_rows
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task


@compiled
def band_rows(down: Taps, lines: int) -> int:
    """Rows of the source that so many lines of places read."""
    return int((lines - 1) * down.step + max(down.taps - 1, 0) * down.move + 1)


@cache
def band_filler(dtype: str) -> Any:
    """The function that copies the band of some lines.

    Arguments: the source, its taps, the first line, counted through all images, how many rows from
    there, the address, the pitch of the band's rows in bytes.
    """
    size, copy = SIZES[dtype], copy_rows(dtype)

    @compiled
    def fill(
        s: Source, down: Taps, across: Taps, line: int, rows: int, target: int, pitch: int
    ) -> None:
        i, n = line % down.places, line // down.places
        pixel = s.channels * FLOAT
        columns = (across.places - 1) * across.step + max(across.taps, 1)
        before = min(max(-across.offset, 0), columns)
        inside = max(min(s.width - across.offset, columns), before)
        source = s.address + n * s.image + (across.offset + before) * s.pixel
        h = i * down.step + down.offset
        for row in range(rows):
            to = target + row * pitch
            if h + row < 0 or h + row >= s.height:
                clear(to, columns * s.channels)
                continue
            clear(to, before * s.channels)
            start, place = source + (h + row) * s.row, to + before * pixel
            if s.pixel == s.channels * size:
                copy(start, 0, place, 0, 1, (inside - before) * s.channels)
            else:
                copy(start, s.pixel, place, pixel, inside - before, s.channels)
            clear(to + inside * pixel, (columns - inside) * s.channels)

    return fill


@cache
def bands(dtype: str, rows: int) -> Task:
    """Pieces as in `piece_of`; the plan counts lines of places. Tiles have so many rows."""
    size, fill, store = SIZES[dtype], band_filler(dtype), row_storer(dtype)
    tile, narrow_tile = window_tile(rows, 2), window_tile(rows, 1)

    @task(Plan, f"{dtype}.{rows}")
    def bands(index: int, memory: int, p: Plan) -> None:
        piece = piece_of(p, index, size)
        down, across = piece.down, piece.across
        sums, pitch = memory + p.room, piece.pitch
        step, length = across.step * p.channels * FLOAT, across.taps * p.channels
        stop = min(piece.first + p.chunk, p.images * down.places)
        line = piece.first
        while line < stop:
            lines = min(p.block, stop - line, down.places - line % down.places)
            fill(piece.source, down, across, line, band_rows(down, lines), memory, p.band)
            for i in range(lines):
                h = (line + i) % down.places * down.step + down.offset
                top, bottom = clip(p.source_height, h, down.move, down.taps)
                start = memory + (i * down.step + top * down.move) * p.band
                for column in range(0, piece.results, COLUMNS):
                    panel = (piece.span + column) // COLUMNS
                    vectors = panel_vectors(p.outputs, panel)
                    weights = panel * piece.depth * COLUMNS + top * length * vectors * LANES
                    weights = piece.weights + weights * FLOAT
                    to, move, taps = sums + column * FLOAT, down.move * p.band, bottom - top
                    for j in range(0, across.places, rows):
                        place, own = start + j * step, to + j * pitch
                        if vectors == 2:
                            tile(place, step, move, taps, length, weights, own, pitch, 0)
                        else:
                            narrow_tile(place, step, move, taps, length, weights, own, pitch, 0)
                to, move = place_address(p, piece, line + i, 0), across.place_step * p.result_pixel
                store(sums, pitch, to, move, across.places, piece.results, piece.bias, p.relu)
            line += lines

    return bands
