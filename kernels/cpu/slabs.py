"""A whole product of matrices, by one thread or by all.

    for each slab of C: for each block of the depth:
        pack A's rows and B's columns into panels         (tasks: panels)
        for each block of the slab: the micro-kernel      (tasks: blocks)

The threads share the tasks of a large matrix, or the matrices of a batch.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numba
import numpy as np
from numba import prange

from dlcore.kernels.cpu.blocks import LANES, Product, block, pack, room, tasks
from dlcore.kernels.cpu.cache import compiled, compiled_parallel
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.threads import turn

Array = np.ndarray[Any, Any]

LINE = 64  # bytes of a cache line
SLAB = 4032  # rows and columns of C whose panels exist at one time: a multiple of all tiles' sides
# Measured with bench/gemm.py.
DEPTH = 640  # of the largest block
SERIAL_WORK = 2_000_000  # multiply-adds below which threads cost more than they bring


@compiled
def _signed(number: int) -> int:
    """An address or the index of a parallel loop, unsigned in Numba; see `cache` on signatures."""
    return int(np.int64(number))


@compiled
def _slabs(p: Product) -> tuple[int, int, int]:
    """How many slabs there are, down, across and along the depth, one there at least."""
    depth = max(1, (p.depth + DEPTH - 1) // DEPTH)
    return (p.rows + SLAB - 1) // SLAB, (p.columns + SLAB - 1) // SLAB, depth


@compiled
def _slab(p: Product, number: int, memory: int) -> Product:
    """Slab number `number` of _slabs, the depth running fastest; memory: the address of _room."""
    _, across, blocks = _slabs(p)
    block, column = number % blocks, number // blocks % across
    step = ((p.depth + blocks - 1) // blocks + LANES - 1) // LANES * LANES
    i, j, k = number // blocks // across * SLAB, column * SLAB, block * step
    rows, columns = min(SLAB, p.rows - i), min(SLAB, p.columns - j)
    depth = max(0, min(step, p.depth - k))
    panels = (memory + LINE - 1) // LINE * LINE
    last = block == blocks - 1
    return Product(
        rows,
        columns,
        depth,
        p.a + i * p.a_row + k * p.a_step,
        p.a_row,
        p.a_step,
        p.b + k * p.b_step + j * p.b_column,
        p.b_step,
        p.b_column,
        p.c + i * p.c_row + j * FLOAT,
        p.c_row,
        panels,
        panels + room(rows, columns, depth)[0],
        max(p.accumulate, int(block > 0)),
        (p.row_bias + i * FLOAT) * int(last and p.row_bias != 0),
        (p.column_bias + j * FLOAT) * int(last and p.column_bias != 0),
        p.relu * int(last),
    )


@compiled
def _room(p: Product) -> int:
    """Bytes of memory that any slab needs."""
    a, b = room(min(SLAB, p.rows), min(SLAB, p.columns), min(DEPTH, p.depth))
    return a + b + LINE


@compiled
def _item(p: Product, place: Array) -> Product:
    """The product of the matrices at place: the addresses of a, b and c."""
    return Product(
        p.rows, p.columns, p.depth, place[0], p.a_row, p.a_step, place[1], p.b_step, p.b_column,
        place[2], p.c_row, p.panels_a, p.panels_b, p.accumulate, p.row_bias, p.column_bias, p.relu,
    )  # fmt: skip


@compiled
def _multiply(p: Product, memory: Array) -> None:
    """One product by one thread; the caller keeps the memory alive."""
    down, across, blocks = _slabs(p)
    for number in range(down * across * blocks):
        slab = _slab(p, number, _signed(memory.ctypes.data))
        panels, parts = tasks(slab)
        for task in range(panels):
            pack(slab, task)
        for task in range(parts):
            block(slab, task)


@compiled
def _items(p: Product, items: Array) -> None:
    memory = np.empty(_room(p), np.uint8)
    for place in items:
        _multiply(_item(p, place), memory)


@compiled_parallel
def _items_parallel(p: Product, items: Array) -> None:
    for i in prange(len(items)):
        _multiply(_item(p, items[i]), np.empty(_room(p), np.uint8))


# A phase is a function of its own: Numba fuses neighbouring parallel loops, and doesn't know that
# the second reads what the first has written.
@compiled_parallel
def _pack_parallel(p: Product, count: int) -> None:
    for task in prange(count):
        pack(p, _signed(task))


@compiled_parallel
def _blocks_parallel(p: Product, count: int) -> None:
    for task in prange(count):
        block(p, _signed(task))


def _multiply_parallel(p: Product) -> None:
    """One product by all threads."""
    memory = np.empty(_room(p), np.uint8)
    for number in range(prod(_slabs(p))):
        slab = _slab(p, number, memory.ctypes.data)
        panels, parts = tasks(slab)
        _pack_parallel(slab, panels)
        _blocks_parallel(slab, parts)


def run(p: Product, items: Array) -> None:
    """The products of all items, which are rows of the addresses of a, b and c."""
    with turn():
        _run(p, items)


def _run(p: Product, items: Array) -> None:
    threads, work = numba.get_num_threads(), p.rows * p.columns * p.depth
    if threads == 1 or len(items) * work < SERIAL_WORK:
        _items(p, items)
    elif len(items) >= 4 * threads or (len(items) > 1 and work < SERIAL_WORK):
        _items_parallel(p, items)
    else:
        for place in items:
            _multiply_parallel(_item(p, place))
