"""Slices picked by index, and put where an index says. NumPy does single elements.

An array is seen as (outer, n, inner): the axis, and what is before and behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np

from dlcore.kernels.cpu.arrays import Array, address, contiguous
from dlcore.kernels.cpu.gather_slices import MOST_LANES, Slices, put_slices, take_slices
from dlcore.kernels.cpu.launch import run, untapeable
from dlcore.kernels.cpu.move import move
from dlcore.kernels.cpu.pieces import cut
from dlcore.kernels.cpu.task import Task
from dlcore.kernels.numpy import gather as plain


def take(x: Array, index: Array, y: Array, *, axis: int) -> None:
    if not y.flags.c_contiguous:
        untapeable()
        plain.take(x, index, y, axis=axis)
        return
    x = contiguous(x)
    outer, inner = _around(x, axis)
    block, pieces = cut(outer * index.size, inner)
    kernel = take_slices(index.dtype.name, x.itemsize)
    definition = partial(plain.take, x, index, y, axis=axis)
    _run(kernel, pieces, x, index, y, axis, block, 0, definition)


def put(x: Array, index: Array, source: Array, y: Array, *, axis: int, reduce: str) -> None:
    if not y.flags.c_contiguous:
        untapeable()
        plain.put(x, index, source, y, axis=axis, reduce=reduce)
        return
    definition = partial(plain.put, x, index, source, y, axis=axis, reduce=reduce)
    if address(x) != address(y):
        move(x, y)
    outer, inner = _around(x, axis)
    block, pieces = cut(inner, index.size)
    block = -(-block // MOST_LANES) * MOST_LANES  # whole cache lines, mostly
    pieces = outer * -(-inner // block)
    adds = reduce == "add"
    memory = x.shape[axis] * block * 4 if adds and y.dtype != np.float32 else 0
    kernel = put_slices(index.dtype.name, y.dtype.name, adds)
    _run(kernel, pieces, y, index, contiguous(source), axis, block, memory, definition)


def _run(
    kernel: Task,
    pieces: int,
    x: Array,
    index: Array,
    lines: Array,
    axis: int,
    block: int,
    memory: int,
    definition: Callable[[], None],
) -> None:
    """Run a kernel on x (outer, n, inner) and lines (outer, index, inner)."""
    index = contiguous(index)
    wrong = np.zeros(1, np.int64)
    plan = Slices(
        address(x),
        address(index),
        address(lines),
        *_around(x, axis),
        x.shape[axis],
        index.size,
        block,
        address(wrong),
    )

    def check() -> None:
        if wrong[0]:
            wrong[0] = 0
            definition()  # which says what is wrong

    run(kernel, pieces if lines.size else 0, plan, memory, check)


def _around(x: Array, axis: int) -> tuple[int, int]:
    """Elements before and behind an axis."""
    axis %= x.ndim
    return prod(x.shape[:axis]), prod(x.shape[axis + 1 :])
