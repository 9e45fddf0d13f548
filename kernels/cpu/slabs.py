"""A whole product of matrices, or a batch of them, by one thread or by all.

    for each part of C, each by a thread of its own:
        for each slab of the part, for each block of the depth:
            pack A's rows and B's columns, multiply

A number of C is the sum over the depth in one fixed order, whatever part it is in, so any number
of threads gives the same bits. Threads meet once, at the end: packing a bit twice costs less than
waiting for each other after every slab.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import numba
import numpy as np
from numba import prange

from dlcore.kernels.cpu.blocks import COLUMNS, LANES, ROWS, Product, multiply, pack, room
from dlcore.kernels.cpu.cache import compiled, compiled_parallel
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.threads import turn

Array = np.ndarray[Any, Any]

LINE = 64  # bytes of a cache line
SLAB = 4032  # rows and columns of C whose panels exist at one time: a multiple of all tiles' sides
# Measured with bench/gemm.py.
DEPTH = 640  # of the largest block
SERIAL_WORK = 2_000_000  # multiply-adds below which threads cost more than they bring


def run(p: Product, items: Array) -> None:
    """The products of all items, which are rows of the addresses of a, b and c."""
    work = len(items) * p.rows * p.columns * p.depth
    threads = numba.get_num_threads() if work >= SERIAL_WORK else 1
    if threads == 1:
        _serial(p, items)
        return
    height, width = _part(p.rows, p.columns, _parts(len(items), threads))
    with turn():
        _parallel(p, items, height, width)


def _parts(items: int, threads: int) -> int:
    """Into how many parts each item is cut, so that all threads have the same number of them."""
    return 1 if items >= 4 * threads else threads // gcd(threads, items)


def _part(rows: int, columns: int, parts: int) -> tuple[int, int]:
    """Rows and columns of a part: whole tiles, of the shape that needs the least packing."""
    divisors = [down for down in range(1, parts + 1) if parts % down == 0]
    down = min(divisors, key=lambda down: rows / down + columns / (parts // down))
    height, width = -(-rows // down), -(-columns // (parts // down))
    return -(-height // ROWS) * ROWS, -(-width // COLUMNS) * COLUMNS


@compiled
def _serial(p: Product, items: Array) -> None:
    memory = np.empty(_room(p.rows, p.columns, p.depth), np.uint8)
    for item in items:
        _whole(_at(p, item), memory)


@compiled_parallel
def _parallel(p: Product, items: Array, height: int, width: int) -> None:
    down, across = (p.rows + height - 1) // height, (p.columns + width - 1) // width
    for index in prange(len(items) * down * across):
        number = _signed(index)
        i, j = number // across % down * height, number % across * width
        rows, columns = min(height, p.rows - i), min(width, p.columns - j)
        item = _at(p, items[number // across // down])
        part = _window(item, i, rows, j, columns, 0, p.depth, 0)
        _whole(part, np.empty(_room(rows, columns, p.depth), np.uint8))


@compiled
def _whole(p: Product, memory: Array) -> None:
    """One product by one thread; the caller keeps the memory alive."""
    panels = (_signed(memory.ctypes.data) + LINE - 1) // LINE * LINE
    blocks = (p.depth + DEPTH - 1) // DEPTH
    step = ((p.depth + blocks - 1) // blocks + LANES - 1) // LANES * LANES if blocks else LANES
    for i in range(0, p.rows, SLAB):
        for j in range(0, p.columns, SLAB):
            for k in range(0, max(1, p.depth), step):  # without a depth, too, C is written
                rows, columns = min(SLAB, p.rows - i), min(SLAB, p.columns - j)
                slab = _window(p, i, rows, j, columns, k, min(step, p.depth - k), panels)
                pack(slab)
                multiply(slab)


@compiled
def _window(
    p: Product, i: int, rows: int, j: int, columns: int, k: int, depth: int, panels: int
) -> Product:
    """The part of a product from row i, column j, depth k on, with its panels at an address."""
    last = int(k + depth == p.depth)
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
        max(p.accumulate, int(k > 0)),
        last * (p.row_bias + i * FLOAT) * int(p.row_bias != 0),
        last * (p.column_bias + j * FLOAT) * int(p.column_bias != 0),
        last * p.relu,
    )


@compiled
def _at(p: Product, item: Array) -> Product:
    """The product of the matrices at an item's addresses."""
    a, b, c = item[0], item[1], item[2]
    return Product(
        p.rows, p.columns, p.depth, a, p.a_row, p.a_step, b, p.b_step, p.b_column, c, p.c_row,
        p.panels_a, p.panels_b, p.accumulate, p.row_bias, p.column_bias, p.relu,
    )  # fmt: skip


@compiled
def _room(rows: int, columns: int, depth: int) -> int:
    """Bytes of memory for the panels of any slab, and to begin at a cache line."""
    a, b = room(min(SLAB, rows), min(SLAB, columns), min(DEPTH, depth))
    return a + b + LINE


@compiled
def _signed(number: int) -> int:
    """An address or the index of a parallel loop, unsigned in Numba; see `cache` on signatures."""
    return int(np.int64(number))
