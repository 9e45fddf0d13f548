"""The product of matrices: out = f(a b + bias), one or a batch.

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
from dlcore.kernels.cpu.convert import WIDEN, rounded, wide
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.threads import turn

Array = np.ndarray[Any, Any]

LINE = 64  # bytes of a cache line
SLAB = 4096  # rows and columns of C whose panels exist at one time
# Measured with bench/gemm.py.
DEPTH = 384  # of the largest block
SERIAL_WORK = 2_000_000  # multiply-adds below which threads cost more than they bring


def gemm(
    a: Array,
    b: Array,
    out: Array,
    *,
    accumulate: bool = False,
    bias: Array | None = None,
    relu: bool = False,
) -> None:
    """Fill out with a b, plus out's old numbers if `accumulate`, plus the bias, then ReLU.

    Sums are float32, and a 16-bit result is rounded once, at the end. Any number of threads gives
    the same bits.

    Shapes: a (..., M, K), b (..., K, N), out (..., M, N), of any strides; a and b are broadcast
    along out's batch. bias (N,) or (1, N) for columns, (M, 1) for rows. Sizes may be 0.

    Dtypes: float32, float16 and bfloat16, each array its own. out shares no memory with the others.

    Raises:
        ValueError: shapes that don't fit each other.
        TypeError: another dtype.
    """
    _check(a, b, out, bias)
    if out.size == 0:
        return
    if out.dtype != np.float32:
        total = wide(out) if accumulate else np.empty(out.shape, np.float32)
        gemm(a, b, total, accumulate=accumulate, bias=bias, relu=relu)
        rounded(np.ascontiguousarray(total), out)
        return
    if bias is not None and bias.shape != (out.shape[-2], 1):
        columns, rows = bias, None
    else:
        columns, rows = None, bias
    if _strides(out)[1] != FLOAT:
        if _strides(out)[0] != FLOAT:
            total = np.array(out, order="C")
            gemm(a, b, total, accumulate=accumulate, bias=bias, relu=relu)
            out[...] = total
            return
        a, b, out = b.swapaxes(-1, -2), a.swapaxes(-1, -2), out.swapaxes(-1, -2)
        columns, rows = rows, columns
    a, b = _operand(a), _operand(b)
    columns, rows = (None if x is None else _vector(x) for x in (columns, rows))
    items = np.stack([_addresses(x, out.shape[:-2]) for x in (a, b, out)], axis=1)
    (a_row, a_step), (b_step, b_column) = _strides(a), _strides(b)
    p = Product(
        rows=out.shape[-2],
        columns=out.shape[-1],
        depth=a.shape[-1],
        a=0,
        a_row=a_row,
        a_step=a_step,
        b=0,
        b_step=b_step,
        b_column=b_column,
        c=0,
        c_row=_strides(out)[0],
        panels_a=0,
        panels_b=0,
        accumulate=int(accumulate),
        row_bias=0 if rows is None else rows.ctypes.data,
        column_bias=0 if columns is None else columns.ctypes.data,
        relu=int(relu),
    )
    with turn():
        _run(p, items)


def _check(a: Array, b: Array, out: Array, bias: Array | None) -> None:
    arrays = {"a": a, "b": b, "out": out} | ({} if bias is None else {"bias": bias})
    for name, x in arrays.items():
        if x.dtype != np.float32 and x.dtype.name not in WIDEN:
            raise TypeError(
                f"gemm: expected float32, float16 or bfloat16 for {name}, received {x.dtype}; "
                "convert it, or take the NumPy kernels"
            )
    shapes = ", ".join(f"{name} {x.shape}" for name, x in arrays.items())
    fits = all(x.ndim >= 2 for x in (a, b, out))
    if fits:
        rows, columns = out.shape[-2:]
        fits = a.shape[-2:] == (rows, b.shape[-2]) and b.shape[-1] == columns
        batch = out.shape[:-2]
        fits = fits and all(_broadcasts(x.shape[:-2], batch) for x in (a, b))
        if bias is not None:
            fits = fits and bias.shape in ((columns,), (1, columns), (rows, 1))
    if not fits:
        raise ValueError(
            "gemm: expected a (..., M, K), b (..., K, N), out (..., M, N) and a bias (N,), (1, N) "
            f"or (M, 1), received {shapes}; a and b may have fewer axes than out, or 1 in its batch"
        )


def _broadcasts(shape: tuple[int, ...], batch: tuple[int, ...]) -> bool:
    extra = len(batch) - len(shape)
    return extra >= 0 and all(x in (1, y) for x, y in zip(shape, batch[extra:], strict=True))


def _strides(x: Array) -> tuple[int, int]:
    """Bytes between rows and between columns; a single one may as well be contiguous."""
    rows, columns = (
        FLOAT if size == 1 else stride
        for size, stride in zip(x.shape[-2:], x.strides[-2:], strict=True)
    )
    return rows, columns


def _operand(x: Array) -> Array:
    """Float32, with rows or columns that are contiguous, which is what packing takes."""
    if x.dtype != np.float32:
        x = wide(x)
    return x if FLOAT in _strides(x) else np.ascontiguousarray(x)


def _vector(bias: Array) -> Array:
    bias = np.ascontiguousarray(bias.reshape(-1))
    return bias if bias.dtype == np.float32 else wide(bias)


def _addresses(x: Array, batch: tuple[int, ...]) -> Array:
    """Where each matrix of the batch begins."""
    places = np.array(x.ctypes.data, np.int64)
    extra = (1,) * (len(batch) + 2 - x.ndim)
    steps = (*extra, *x.strides)[: len(batch)]
    for size, given, step in zip(batch, (*extra, *x.shape), steps, strict=False):
        places = places[..., None] + np.arange(size) * (step if given > 1 else 0)
    return places.reshape(-1)


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


def _run(p: Product, items: Array) -> None:
    """The products of all items: rows of the addresses of a, b and c."""
    threads, work = numba.get_num_threads(), p.rows * p.columns * p.depth
    if threads == 1 or len(items) * work < SERIAL_WORK:
        _items(p, items)
    elif len(items) >= 4 * threads or (len(items) > 1 and work < SERIAL_WORK):
        _items_parallel(p, items)
    else:
        for place in items:
            _multiply_parallel(_item(p, place))
