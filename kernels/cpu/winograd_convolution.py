"""One convolution by Winograd's transforms: read tiles, multiply plane by plane, write tiles."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.winograd_cut import CHUNK, COLUMNS, cut
from dlcore.kernels.cpu.winograd_matrices import matrices, transposed
from dlcore.kernels.cpu.winograd_products import multiply
from dlcore.kernels.cpu.winograd_tiles import (
    LANES,
    LINE,
    Grid,
    Planes,
    images,
    loader,
    plane_bytes,
    storer,
    vectors,
)
from dlcore.kernels.cpu.winograd_weights import weight_pitch

LOAD, MULTIPLY, STORE = 1, 2, 4
ALL = LOAD | MULTIPLY | STORE
RUN = 2  # blocks a piece


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
    each: int
    first: int
    tiles: int
    block: int
    room: int
    u: int
    u_pitch: int
    v: int
    v_pitch: int
    m: int
    m_pitch: int
    bias: int
    relu: int
    phase: int


@cache
def _convolution(dtype: str, tile: int) -> Task:
    load = loader(matrices(tile).inputs, tile, dtype)
    store = storer(transposed(matrices(tile).outputs), dtype)
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
        grid = Grid(p.across, p.each, p.top, p.left)
        run = RUN * p.block if p.phase == ALL else p.block
        for start in range(index * run, min((index + 1) * run, p.tiles), p.block):
            count = min(p.block, p.tiles - start)
            if p.phase == ALL:
                v, m = memory, memory + planes * p.v_pitch
            else:
                v, m = p.v + start * LINE, p.m + start * LINE
            if p.phase & LOAD:
                load(x, grid, p.first + start, count, Planes(v, pitch, p.v_pitch))
            if p.phase & MULTIPLY:
                for plane in range(planes):
                    a, c = v + plane * p.v_pitch, m + plane * p.m_pitch
                    u = p.u + plane * p.u_pitch
                    multiply(a, pitch, depth, u, u_vector, c, pitch, across, count)
            if p.phase & STORE:
                store(y, grid, p.first + start, count, Planes(m, pitch, p.m_pitch), p.bias, p.relu)

    return convolution


def convolve(
    x: Array, y: Array, u: int, *, top: int, left: int, tile: int, bias: int, relu: bool
) -> None:
    """Fill y, N P Q O, from x, N H W C: contiguous, of one dtype.

    Args:
        u: address of the transformed weights.
        top: padding before row 0; P follows from y.
        left: padding before column 0.
        bias: address of float32 numbers in whole vectors, or 0.
    """
    number, height, width, channels = x.shape
    _, rows, columns, outputs = y.shape
    t = cut(number, rows, columns, channels, outputs, tile)
    kernel = _convolution(x.dtype.name, tile)
    v_pitch, m_pitch = plane_bytes(channels, t.room), plane_bytes(outputs, t.room)
    memory = t.planes * (v_pitch + m_pitch)
    with temporary(0 if t.blocks else memory) as v:
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
            each=t.each,
            first=0,
            tiles=t.tiles,
            block=t.block,
            room=t.room,
            u=u,
            u_pitch=weight_pitch(outputs, channels),
            v=v,
            v_pitch=v_pitch,
            m=v + t.planes * v_pitch,
            m_pitch=m_pitch,
            bias=bias,
            relu=int(relu),
            phase=ALL,
        )
        if t.blocks:
            run(kernel, -(-t.tiles // (RUN * t.block)), p, memory)
            return
        products = t.planes * -(-vectors(outputs) // COLUMNS)
        for first in range(0, t.tiles, t.room):
            tiles = min(t.room, t.tiles - first)
            blocks = -(-tiles // t.block)
            for phase, pieces in ((LOAD, blocks), (MULTIPLY, products), (STORE, blocks)):
                run(kernel, pieces, p._replace(first=first, tiles=tiles, phase=phase))
