"""The sum of the products of parts of the depth, in one order, and what is added to it."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, read_one, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value


class Total(NamedTuple):
    """C = f(sum of partial products): addresses, sizes and flags; distances in bytes.

    Added in this order: C if `accumulate`, the biases unless their address is 0; then ReLU.

    Args:
        sums: float32 matrices without gaps, one after the other.
        parts: how many they are.
        height: rows that a piece does.
    """

    sums: int
    c: int
    row_bias: int
    column_bias: int
    parts: int
    rows: int
    columns: int
    c_row: int
    accumulate: int
    relu: int
    height: int


@cache
def total(dtype: str) -> Task:
    """The task of a `Total`. dtype: of C and the biases."""

    @vector_code(host())
    def row(v: Emitter, p: Any, i: Value) -> None:
        line, c = p.sums + i * p.columns * FLOAT, p.c + i * p.c_row

        def numbers(j: Value, mask: Value | None) -> None:
            def add(part: Value, sums: list[Value]) -> list[Value]:
                place = line + (part * p.rows * p.columns + j) * FLOAT
                return [sums[0] + v.load(place, mask=mask).to("float64")]

            def add_old(x: list[Value]) -> list[Value]:
                return [x[0] + read(v, here, dtype, mask)]

            def add_row_bias(x: list[Value]) -> list[Value]:
                return [x[0] + read_one(v, p.row_bias + i * SIZES[dtype], dtype)]

            def add_column_bias(x: list[Value]) -> list[Value]:
                return [x[0] + read(v, p.column_bias + j * SIZES[dtype], dtype, mask)]

            def rectify(x: list[Value]) -> list[Value]:
                return [v.maximum(x[0], v.splat(0.0))]

            here = c + j * SIZES[dtype]
            (wide,) = v.loop(p.parts, [v.splat(0.0, "float64")], add)
            x = v.when(p.accumulate > 0, [wide.to("float32")], add_old)
            x = v.when(~p.row_bias.equals(0), x, add_row_bias)
            x = v.when(~p.column_bias.equals(0), x, add_column_bias)
            (result,) = v.when(p.relu > 0, x, rectify)
            write(v, result, here, dtype, mask)

        v.each(p.columns, numbers)

    @task(Total, dtype)
    def add_up(index: int, memory: int, p: Total) -> None:
        first = index * p.height
        for i in range(first, min(first + p.height, p.rows)):
            row(p, i)

    return add_up
