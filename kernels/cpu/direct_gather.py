"""Direct convolution by blocks of places, whose windows are copied into rows: any geometry.

The windows of a 1x1 kernel without stride and padding are pixels. Where these are float32 and lie
one after the other, tiles read them where they are.
"""

from __future__ import annotations

from functools import cache

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct_pack import panel_vectors
from dlcore.kernels.cpu.direct_plan import Plan, piece_of, place_address
from dlcore.kernels.cpu.direct_store import row_storer
from dlcore.kernels.cpu.direct_tile import COLUMNS, DEPTH, FLOAT, LANES, PITCH, ROWS, window_tile
from dlcore.kernels.cpu.direct_windows import window_filler
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task


@cache
def gather(dtype: str) -> Task:
    """Pieces as in `piece_of`; the plan counts places."""
    size, fill, store = SIZES[dtype], window_filler(dtype), row_storer(dtype)
    tile, narrow_tile = window_tile(ROWS, 2), window_tile(ROWS, 1)

    @compiled
    def multiply(
        windows: int,
        step: int,
        panel: int,
        vectors: int,
        sums: int,
        count: int,
        depth: int,
        pitch: int,
        add: int,
    ) -> None:
        for _ in range(0, count, ROWS):
            if vectors == 2:
                tile(windows, step, 0, 1, depth, panel, sums, pitch, add)
            else:
                narrow_tile(windows, step, 0, 1, depth, panel, sums, pitch, add)
            windows += ROWS * step
            sums += ROWS * pitch

    @task(Plan, dtype)
    def gather(index: int, memory: int, p: Plan) -> None:
        piece = piece_of(p, index, size)
        down, across, depth = piece.down, piece.across, piece.depth
        sums, pitch, step = memory + p.room, piece.pitch, p.source_pixel
        parts = max((depth + DEPTH - 1) // DEPTH, 1)
        part_depth = max(((depth + parts - 1) // parts + LANES - 1) // LANES * LANES, 1)
        stop = min(piece.first + p.chunk, p.images * down.places * across.places)
        for first in range(piece.first, stop, p.block):
            count = min(p.block, stop - first)
            whole = count // ROWS * ROWS if p.pixels else 0  # whole tiles stay inside the image
            for begin in range(0, max(depth, 1), part_depth):
                end = min(begin + part_depth, depth)
                rest = first + whole
                fill(piece.source, down, across, rest, count - whole, begin, end, memory)
                pixels = piece.source.address + first * step + begin * FLOAT
                for column in range(0, piece.results, COLUMNS):
                    panel = (piece.span + column) // COLUMNS
                    vectors = panel_vectors(p.outputs, panel)
                    part = panel * depth * COLUMNS + begin * vectors * LANES
                    part, to = piece.weights + part * FLOAT, sums + column * FLOAT
                    multiply(pixels, step, part, vectors, to, whole, end - begin, pitch, begin)
                    to += whole * pitch
                    multiply(
                        memory, PITCH, part, vectors, to, count - whole, end - begin, pitch, begin
                    )
            done = 0
            while done < count:
                j, line = (first + done) % across.places, (first + done) // across.places
                here = min(across.places - j, count - done)
                to, move = place_address(p, piece, line, j), across.place_step * p.result_pixel
                store(sums + done * pitch, pitch, to, move, here, piece.results, piece.bias, p.relu)
                done += here

    return gather
