"""One convolution by Winograd's transforms: read tiles, multiply plane by plane, write tiles."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.winograd_ahead import ahead, rows_of
from dlcore.kernels.cpu.winograd_cut import AHEAD, CHUNK, COLUMNS, cut
from dlcore.kernels.cpu.winograd_finish import STATISTICS, Outputs
from dlcore.kernels.cpu.winograd_load import AS_IT_IS, Source, loader
from dlcore.kernels.cpu.winograd_matrices import matrices
from dlcore.kernels.cpu.winograd_products import TILES, multiply
from dlcore.kernels.cpu.winograd_statistics import note
from dlcore.kernels.cpu.winograd_store import output_storer
from dlcore.kernels.cpu.winograd_tiles import (
    LANES,
    LINE,
    TILE,
    Grid,
    Planes,
    images,
    plane_bytes,
    vectors,
)
from dlcore.kernels.cpu.winograd_weights import weight_pitch

LOAD, MULTIPLY, STORE = 1, 2, 4
ALL = LOAD | MULTIPLY | STORE


class Convolution(NamedTuple):
    """Plan: the arrays, what is before row and column 0, the cut, planes, what is to be done."""

    x: int
    height: int
    width: int
    channels: int
    y: int
    rows: int
    columns: int
    outputs: int
    top: int
    left: int
    across: int
    down: int
    first: int
    tiles: int
    run: int
    ahead: int
    room: int
    u: int
    u_pitch: int
    v: int
    v_pitch: int
    m: int
    m_pitch: int
    kind: int
    lines: int
    bias: int
    relu: int
    sums: int
    phase: int


@cache
def _convolution(dtype: str, tile: int) -> Task:
    load = loader(matrices(tile).inputs, tile, dtype)
    store = output_storer(tile, dtype)
    size, planes = SIZES[dtype], (tile + 2) ** 2

    @task(Convolution, f"{dtype}.{tile}")
    def convolution(index: int, memory: int, p: Convolution) -> None:
        depth, across = (p.channels + LANES - 1) // LANES, (p.outputs + LANES - 1) // LANES
        pitch, u_vector = p.room * LINE, depth * LANES * LINE
        if p.phase == MULTIPLY:
            ranges = (across + COLUMNS - 1) // COLUMNS
            plane = index // ranges
            j = (index - plane * ranges) * COLUMNS
            v, u = p.v + plane * p.v_pitch, p.u + plane * p.u_pitch + j * u_vector
            m, n = p.m + plane * p.m_pitch + j * pitch, min(COLUMNS, across - j)
            for t in range(0, p.tiles, CHUNK):
                a, c = v + t * LINE, m + t * LINE
                multiply(a, pitch, depth, u, u_vector, c, pitch, n, min(CHUNK, p.tiles - t))
            return
        x = images(p.x, p.height, p.width, p.channels, size)
        y = images(p.y, p.rows, p.columns, p.outputs, size)
        source, line = Source(p.kind, p.lines, 4 * p.channels, 0), 4 * p.outputs
        grid = Grid(p.across, p.down, p.top, p.left)
        piece = p.run * TILES
        for start in range(index * piece, min((index + 1) * piece, p.tiles), TILES):
            count = min(TILES, p.tiles - start)
            if p.phase == ALL:
                m = memory + TILE  # a plane before v's: it is written when that was read
                v = m + p.v_pitch
            else:
                v, m = p.v + start * LINE, p.m + start * LINE
            if p.phase & LOAD:
                to = Planes(v, pitch, p.v_pitch)
                load(x, source, grid, p.first + start, count, to, memory)
            if p.phase & MULTIPLY:
                more = min(TILES, p.tiles - start - count)
                coming = rows_of(x, grid, tile, start + count, more)
                going = rows_of(y, grid, tile, start, count)
                for plane in range(planes):
                    if p.ahead:
                        ahead(coming, plane, planes, 0, 0)
                        ahead(going, plane, planes, 0, 1)
                    a, c = v + plane * p.v_pitch, m + plane * p.m_pitch
                    u = p.u + plane * p.u_pitch
                    multiply(a, pitch, depth, u, u_vector, c, pitch, across, count)
            if p.phase & STORE:
                block = (p.first + start) // TILES
                sums = p.sums + block * STATISTICS * line if p.sums else 0
                options, of = Outputs(p.bias, p.relu, sums, line), Planes(m, pitch, p.m_pitch)
                pixels = store(y, options, grid, p.first + start, count, of, memory)
                if p.sums:
                    note(sums + (STATISTICS - 1) * line, p.outputs, float(pixels))

    return convolution


def convolve(
    x: Array,
    y: Array,
    u: int,
    *,
    top: int,
    left: int,
    tile: int,
    of_x: Source = AS_IT_IS,
    bias: int = 0,
    relu: bool = False,
    sums: int = 0,
) -> None:
    """Fill y, N P Q O, from x, N H W C: contiguous, of one dtype.

    Args:
        u: address of the transformed weights.
        top: padding before row 0; P follows from y.
        left: padding before column 0.
        of_x: what becomes of x when it is read.
        bias: address of float32 numbers, or 0.
        relu: whether ReLU follows.
        sums: address of the blocks' statistics, or 0.
    """
    number, height, width, channels = x.shape
    _, rows, columns, outputs = y.shape
    t = cut(number, rows, columns, channels, outputs, tile)
    kernel = _convolution(x.dtype.name, tile)
    v_pitch, m_pitch = plane_bytes(channels, t.room), plane_bytes(outputs, t.room)
    if t.blocks:
        v_pitch = m_pitch = max(v_pitch, m_pitch)
    memory, weights = TILE + (t.planes + 1) * v_pitch, weight_pitch(outputs, channels)
    with temporary(0 if t.blocks else t.planes * (v_pitch + m_pitch)) as v:
        p = Convolution(
            x=address(x),
            height=height,
            width=width,
            channels=channels,
            y=address(y),
            rows=rows,
            columns=columns,
            outputs=outputs,
            top=top,
            left=left,
            across=t.across,
            down=t.down,
            first=0,
            tiles=t.tiles,
            run=t.run,
            ahead=int(memory + t.planes * weights <= AHEAD),
            room=t.room,
            u=u,
            u_pitch=weights,
            v=v,
            v_pitch=v_pitch,
            m=v + t.planes * v_pitch,
            m_pitch=m_pitch,
            kind=of_x.kind,
            lines=of_x.lines,
            bias=bias,
            relu=int(relu),
            sums=sums,
            phase=ALL,
        )
        if t.blocks:
            run(kernel, -(-t.tiles // (t.run * TILES)), p, memory)
            return
        products = t.planes * -(-vectors(outputs) // COLUMNS)
        for first in range(0, t.tiles, t.room):
            tiles = min(t.room, t.tiles - first)
            blocks = -(-tiles // TILES)
            for phase, pieces in ((LOAD, blocks), (MULTIPLY, products), (STORE, blocks)):
                run(kernel, pieces, p._replace(first=first, tiles=tiles, phase=phase), TILE)
