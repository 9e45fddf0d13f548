"""The product of matrices: out = f(a b + bias), one or a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.cpu.blocks import Product
from dlcore.kernels.cpu.convert import WIDEN, rounded, wide
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.slabs import run

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


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
    c_row, c_column = _strides(out)
    if c_column != FLOAT:
        if c_row != FLOAT:
            total = np.array(out, order="C")
            gemm(a, b, total, accumulate=accumulate, bias=bias, relu=relu)
            out[...] = total
            return
        a, b, out = b.swapaxes(-1, -2), a.swapaxes(-1, -2), out.swapaxes(-1, -2)
        columns, rows, c_row = rows, columns, c_column
    (a, a_row, a_step), (b, b_step, b_column) = _operand(a), _operand(b)
    columns, rows = (None if x is None else _vector(x) for x in (columns, rows))
    items = np.array([_addresses(x, out.shape[:-2]) for x in (a, b, out)])
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
        c_row=c_row,
        panels_a=0,
        panels_b=0,
        accumulate=int(accumulate),
        row_bias=0 if rows is None else rows.ctypes.data,
        column_bias=0 if columns is None else columns.ctypes.data,
        relu=int(relu),
    )
    run(p, np.ascontiguousarray(items.T))


def _check(a: Array, b: Array, out: Array, bias: Array | None) -> None:
    arrays = {"a": a, "b": b, "out": out} | ({} if bias is None else {"bias": bias})
    for name, x in arrays.items():
        if x.dtype != np.float32 and x.dtype.name not in WIDEN:
            raise TypeError(
                f"gemm: expected float32, float16 or bfloat16 for {name}, received {x.dtype}; "
                "convert it, or take the NumPy kernels"
            )
    if not _fits(a.shape, b.shape, out.shape, None if bias is None else bias.shape):
        shapes = ", ".join(f"{name} {x.shape}" for name, x in arrays.items())
        raise ValueError(
            "gemm: expected a (..., M, K), b (..., K, N), out (..., M, N) and a bias (N,), (1, N) "
            f"or (M, 1), received {shapes}; a and b may have fewer axes than out, or 1 in its batch"
        )


def _fits(a: Shape, b: Shape, out: Shape, bias: Shape | None) -> bool:
    if min(len(a), len(b), len(out)) < 2:
        return False
    rows, columns = out[-2:]
    if a[-2:] != (rows, b[-2]) or b[-1] != columns:
        return False
    if bias is not None and bias not in ((columns,), (1, columns), (rows, 1)):
        return False
    return all(_broadcasts(x[:-2], out[:-2]) for x in (a, b))


def _broadcasts(shape: Shape, batch: Shape) -> bool:
    extra = len(batch) - len(shape)
    return extra >= 0 and all(x in (1, y) for x, y in zip(shape, batch[extra:], strict=True))


def _strides(x: Array) -> tuple[int, int]:
    """Bytes between rows and between columns; a single one may as well be contiguous."""
    rows, columns = x.shape[-2:]
    return FLOAT if rows == 1 else x.strides[-2], FLOAT if columns == 1 else x.strides[-1]


def _operand(x: Array) -> tuple[Array, int, int]:
    """Float32, with rows or columns that are contiguous, which is what packing takes."""
    if x.dtype != np.float32:
        x = wide(x)
    if FLOAT not in _strides(x):
        x = np.ascontiguousarray(x)
    return x, *_strides(x)


def _vector(bias: Array) -> Array:
    bias = np.ascontiguousarray(bias.reshape(-1))
    return bias if bias.dtype == np.float32 else wide(bias)


def _addresses(x: Array, batch: tuple[int, ...]) -> Array | list[int]:
    """Where each matrix of the batch begins."""
    if not batch:
        return [x.ctypes.data]
    x = np.broadcast_to(x, (*batch, *x.shape[-2:]))
    places = np.array(x.ctypes.data)
    for size, step in zip(batch, x.strides, strict=False):
        places = places[..., None] + np.arange(size) * step
    return places.reshape(-1)
