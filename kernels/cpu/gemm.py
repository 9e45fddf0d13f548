"""The product of matrices: out = f(a b + bias), one or a batch."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.cpu.address import address
from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.launch import run, temporary, untapeable
from dlcore.kernels.cpu.product_recipe import Recipe, recipe


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
    way = recipe(
        (a.dtype, a.shape, a.strides),
        (b.dtype, b.shape, b.strides),
        (out.dtype, out.shape, out.strides),
        None if bias is None else (bias.dtype, bias.shape, bias.strides),
        accumulate,
        relu,
    )
    if way is None:
        _by_copies(a, b, out, accumulate, bias, relu)
        return
    left, right, target = address(a), address(b), address(out)
    rows, columns = (address(bias), 0) if way.rows_bias else (0, address(bias))
    for of_a, of_b, of_out in way.offsets:
        first, second, third = left + of_a, right + of_b, target + of_out
        if way.swapped:
            first, second = second, first
        if way.turn is None:
            _compute(way, first, second, third, rows, columns)
            continue
        with temporary(way.turn.size) as room:
            _compute(way, first, second, room, rows, columns)
            run(way.turn.task, way.turn.pieces, (room, third, *way.turn.plan))


def _compute(way: Recipe, a: int, b: int, out: int, rows: int, columns: int) -> None:
    """One run, of matrices and biases at these addresses."""
    if way.total is None:
        run(way.task, way.pieces, (a, b, out, rows, columns, *way.plan), way.memory)
        return
    with temporary(way.sums) as sums:
        run(way.task, way.pieces, (a, b, sums, 0, 0, *way.plan), way.memory)
        run(way.total, way.total_pieces, (sums, out, rows, columns, *way.total_plan))


def _by_copies(
    a: Array, b: Array, out: Array, accumulate: bool, bias: Array | None, relu: bool
) -> None:
    """By NumPy's copies, for dtypes that differ, and for an out or a bias with gaps everywhere."""
    untapeable()
    if a.dtype != b.dtype:
        a, b = a.astype(np.float32), b.astype(np.float32)
    bias = None if bias is None else bias.astype(np.float32, order="C")
    total = out.astype(np.float32, order="C")
    gemm(a, b, total, accumulate=accumulate, bias=bias, relu=relu)
    with np.errstate(over="ignore", invalid="ignore"):
        out[...] = total
