"""Direct convolution by blocks of places, whose windows are copied into rows: any geometry."""

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
                tile(windows, PITCH, 0, 1, depth, panel, sums, pitch, add)
            else:
                narrow_tile(windows, PITCH, 0, 1, depth, panel, sums, pitch, add)
            windows += ROWS * PITCH
            sums += ROWS * pitch

    @task(Plan, dtype)
    def gather(index: int, memory: int, p: Plan) -> None:
        piece = piece_of(p, index, size)
        down, across, depth = piece.down, piece.across, piece.depth
        sums, pitch = memory + p.room, piece.pitch
        parts = max((depth + DEPTH - 1) // DEPTH, 1)
        step = max(((depth + parts - 1) // parts + LANES - 1) // LANES * LANES, 1)
        stop = min(piece.first + p.chunk, p.images * down.places * across.places)
        for first in range(piece.first, stop, p.block):
            count = min(p.block, stop - first)
            for begin in range(0, max(depth, 1), step):
                end = min(begin + step, depth)
                fill(piece.source, down, across, first, count, begin, end, memory)
                for column in range(0, piece.results, COLUMNS):
                    panel = (piece.span + column) // COLUMNS
                    vectors = panel_vectors(p.outputs, panel)
                    part = panel * depth * COLUMNS + begin * vectors * LANES
                    part, to = piece.weights + part * FLOAT, sums + column * FLOAT
                    multiply(memory, part, vectors, to, count, end - begin, pitch, begin)
            done = 0
            while done < count:
                j, line = (first + done) % across.places, (first + done) // across.places
                here = min(across.places - j, count - done)
                to, move = place_address(p, piece, line, j), across.place_step * p.result_pixel
                store(sums + done * pitch, pitch, to, move, here, piece.results, piece.bias, p.relu)
                done += here

    return gather
