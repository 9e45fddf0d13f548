"""Both gradients of a convolution from one transform of the output's gradient.

The input's gradient is the convolution of dy with weights reversed. So it reads tiles of dy, which
are larger than those of dx that it writes, and the weights' gradient is that of this convolution:
a sum over the tiles of dy times those of x, where dx is.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.winograd_ahead import ahead, rows_of
from dlcore.kernels.cpu.winograd_cut import AHEAD, CHUNK, COLUMNS, cut
from dlcore.kernels.cpu.winograd_finish import NOTHING, SUMS, Slopes
from dlcore.kernels.cpu.winograd_load import AS_IT_IS, Source, loader
from dlcore.kernels.cpu.winograd_matrices import matrices
from dlcore.kernels.cpu.winograd_products import TILES, add_products, multiply
from dlcore.kernels.cpu.winograd_store import slope_storer
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
from dlcore.kernels.cpu.winograd_weights import add_parts, weight_pitch

LOAD, ADD, MULTIPLY, STORE = 1, 2, 4, 8
PARTS = 16  # sums that different threads may make, at most


class Gradients(NamedTuple):
    """Plan: the arrays, what is before row and column 0 of dy, the cut, planes, what to do."""

    dy: int
    rows: int
    columns: int
    outputs: int
    x: int
    height: int
    width: int
    channels: int
    dx: int
    top: int
    left: int
    across: int
    down: int
    first: int
    tiles: int
    part: int
    blocks: int
    ahead: int
    room: int
    u: int
    u_pitch: int
    v: int
    v_pitch: int
    z: int
    z_pitch: int
    parts: int
    phase: int
    dy_kind: int
    dy_lines: int
    dy_other: int
    x_kind: int
    x_lines: int
    adds: int
    add: int
    mask: int
    output: int
    norm_lines: int
    norms: int
    raw: int
    mean: int
    sums: int
    other: int
    other_mean: int
    other_sums: int


@cache
def _gradients(dtype: str, tile: int) -> Task:
    load = loader(matrices(tile).inputs, tile, dtype)
    load_small = loader(matrices(tile).outputs, tile, dtype)
    store = slope_storer(tile, dtype)
    size, planes = SIZES[dtype], (tile + 2) ** 2

    @task(Gradients, f"{dtype}.{tile}")
    def gradients(index: int, memory: int, p: Gradients) -> None:
        depth, across = (p.outputs + LANES - 1) // LANES, (p.channels + LANES - 1) // LANES
        pitch, u_vector = p.room * LINE, depth * LANES * LINE
        if not p.blocks and p.phase & (ADD | MULTIPLY):
            ranges = (across + COLUMNS - 1) // COLUMNS
            plane = index // ranges
            j = (index - plane * ranges) * COLUMNS
            n = min(COLUMNS, across - j)
            v, u = p.v + plane * p.v_pitch, p.u + plane * p.u_pitch + j * u_vector
            z, s = p.z + plane * p.z_pitch + j * pitch, p.parts + plane * p.u_pitch + j * u_vector
            if p.phase & ADD:
                for t in range(0, max(p.tiles, 1), CHUNK):
                    a, b, count = v + t * LINE, z + t * LINE, min(CHUNK, p.tiles - t)
                    add_products(a, pitch, depth, b, pitch, n, count, s, p.first + t)
            if p.phase & MULTIPLY:  # over z, which isn't needed any more
                for t in range(0, p.tiles, CHUNK):
                    a, c, count = v + t * LINE, z + t * LINE, min(CHUNK, p.tiles - t)
                    multiply(a, pitch, depth, u, u_vector, c, pitch, n, count)
            return
        dy = images(p.dy, p.rows, p.columns, p.outputs, size)
        x = images(p.x, p.height, p.width, p.channels, size)
        dx = images(p.dx, p.height, p.width, p.channels, size)
        large, small = Grid(p.across, p.down, p.top, p.left), Grid(p.across, p.down, 0, 0)
        of_dy = Source(p.dy_kind, p.dy_lines, 4 * p.outputs, p.dy_other)
        line = 4 * p.channels
        of_x = Source(p.x_kind, p.x_lines, line, 0)
        part = p.part if p.blocks else TILES
        s = p.parts + index * planes * p.u_pitch
        for start in range(index * part, min((index + 1) * part, p.tiles), TILES):
            count, first = min(TILES, p.tiles - start), p.first + start
            if p.blocks:
                v = memory + TILE
                z = v + planes * p.v_pitch
            else:
                v, z = p.v + start * LINE, p.z + start * LINE
            if p.phase & LOAD:
                load(dy, of_dy, large, first, count, Planes(v, pitch, p.v_pitch), memory)
                load_small(x, of_x, small, first, count, Planes(z, pitch, p.z_pitch), memory)
            if p.blocks:
                more = min(TILES, p.tiles - start - count)
                coming = rows_of(dy, small, tile, start + count, more)
                coming_x = rows_of(x, small, tile, start + count, more)
                going = rows_of(dx, small, tile, start, count)
                for plane in range(planes):
                    if p.ahead:
                        ahead(coming, plane, planes, 0, 0)
                        ahead(coming_x, plane, planes, 0, 0)
                        if p.dy_kind:
                            ahead(coming, plane, planes, p.dy_other, 0)
                        if p.phase & STORE:
                            ahead(going, plane, planes, 0, 1)
                        if p.adds:
                            ahead(going, plane, planes, p.add, 0)
                        if p.mask:
                            ahead(going, plane, planes, p.output, 0)
                        if p.norms > 0:
                            ahead(going, plane, planes, p.raw, 0)
                        if p.norms > 1:
                            ahead(going, plane, planes, p.other, 0)
                    a, b = v + plane * p.v_pitch, z + plane * p.z_pitch
                    if p.phase & ADD:
                        c, more = s + plane * p.u_pitch, start - index * part
                        add_products(a, pitch, depth, b, pitch, across, count, c, more)
                    if p.phase & MULTIPLY:  # over z, which isn't needed any more
                        u = p.u + plane * p.u_pitch
                        multiply(a, pitch, depth, u, u_vector, b, pitch, across, count)
            if p.phase & STORE:
                sums = first // TILES * SUMS * line
                options = Slopes(
                    p.adds, p.add, p.mask, p.output, p.norm_lines, p.norms, p.raw, p.mean,
                    p.sums + sums, p.other, p.other_mean, p.other_sums + sums, line,
                )  # fmt: skip
                store(dx, options, small, first, count, Planes(z, pitch, p.z_pitch), memory)

    return gradients


def backpropagate(
    dy: Array,
    x: Array,
    dx: Array | None,
    u: int,
    sums: int,
    *,
    top: int,
    left: int,
    tile: int,
    of_dy: Source = AS_IT_IS,
    of_x: Source = AS_IT_IS,
    slopes: Slopes = NOTHING,
) -> None:
    """Fill dx, N H W C, and the weight gradient's sums, from dy, N P Q O, and x: contiguous arrays.

    Args:
        dx: None for the sums alone.
        u: address of the transformed weights, not used without dx.
        sums: address of as many planes of as many bytes.
        top: padding of dy before row 0.
        left: padding of dy before column 0.
        of_dy: what becomes of dy when it is read.
        of_x: what becomes of x.
        slopes: what becomes of dx before it is stored; addresses of sums are the first block's.
    """
    _, rows, columns, outputs = dy.shape
    number, height, width, channels = x.shape
    t = cut(number, height, width, channels, outputs, tile)
    kernel = _gradients(x.dtype.name, tile)
    pitch = weight_pitch(outputs, channels)
    v_pitch, z_pitch = plane_bytes(outputs, t.room), plane_bytes(channels, t.room)
    memory = t.planes * (v_pitch + z_pitch)
    parts = min(PARTS, max(1, t.tiles // (4 * TILES))) if t.blocks else 1
    part = -(-t.tiles // (parts * TILES)) * TILES
    parts = max(1, -(-t.tiles // part)) if t.blocks else 1
    size = t.planes * pitch
    with temporary(0 if t.blocks else memory) as v, temporary(size * parts * t.blocks) as own:
        p = Gradients(
            dy=address(dy),
            rows=rows,
            columns=columns,
            outputs=outputs,
            x=address(x),
            height=height,
            width=width,
            channels=channels,
            dx=address(dx),
            top=top,
            left=left,
            across=t.across,
            down=t.down,
            first=0,
            tiles=t.tiles,
            part=part,
            blocks=int(t.blocks),
            ahead=int(memory + 2 * size <= AHEAD),
            room=t.room,
            u=u,
            u_pitch=pitch,
            v=v,
            v_pitch=v_pitch,
            z=v + t.planes * v_pitch,
            z_pitch=z_pitch,
            parts=own if t.blocks else sums,
            phase=LOAD | ADD | (MULTIPLY | STORE if dx is not None else 0),
            dy_kind=of_dy.kind,
            dy_lines=of_dy.lines,
            dy_other=of_dy.other,
            x_kind=of_x.kind,
            x_lines=of_x.lines,
            adds=slopes.adds,
            add=slopes.add,
            mask=slopes.mask,
            output=slopes.output,
            norm_lines=slopes.lines,
            norms=slopes.norms,
            raw=slopes.raw,
            mean=slopes.mean,
            sums=slopes.sums,
            other=slopes.other,
            other_mean=slopes.other_mean,
            other_sums=slopes.other_sums,
        )
        if t.blocks:
            run(kernel, parts, p, TILE + memory)
            add_parts(own, parts, size, sums)
            return
        products = t.planes * -(-vectors(channels) // COLUMNS)
        for first in range(0, max(t.tiles, 1), t.room):
            tiles = min(t.room, t.tiles - first)
            blocks = -(-tiles // TILES)
            for phase, pieces in ((LOAD, blocks), (ADD | MULTIPLY, products), (STORE, blocks)):
                if p.phase & phase:
                    q = p._replace(first=first, tiles=tiles, phase=p.phase & phase)
                    run(kernel, pieces, q, TILE)
