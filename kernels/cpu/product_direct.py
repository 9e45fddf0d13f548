"""The product of small matrices, read where they lie: nothing is packed."""

from __future__ import annotations

from functools import cache
from typing import Any

from dlcore.kernels.cpu.micro import Tile, multiply
from dlcore.kernels.cpu.product_plan import COLUMNS, ROWS, TARGET, Product, blocks, least, place_of
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value


@cache
def direct(dtype: str) -> Task:
    """The task of a `Product` of float32 matrices where the rows of B are contiguous.

    A piece does whole items. dtype: of C and the biases.
    """
    size = SIZES[dtype]

    @vector_code(TARGET)
    def code(v: Emitter, index: Value, p: Any) -> None:
        first = index * p.group

        def item(n: Value, _: list[Value]) -> list[Value]:
            outer, inner = (first + n) // p.inner, (first + n) % p.inner
            a = p.a + outer * p.a_outer + inner * p.a_inner
            b = p.b + outer * p.b_outer + inner * p.b_inner
            c = p.c + outer * p.c_outer + inner * p.c_inner

            def column(j: Value, width: Value) -> None:
                def tile(i: Value, height: Value) -> None:
                    t = Tile(
                        a + i * p.a_row, p.a_row, p.a_step,
                        b + j * p.b_column, p.b_step, 0, 0, 0, 0, 0, p.depth,
                        c + i * p.c_row + j * size, p.c_row, height, width,
                        0, 0, p.accumulate, v.integer(1),
                        place_of(v, p.row_bias, i * size), place_of(v, p.column_bias, j * size),
                        p.relu,
                    )  # fmt: skip
                    multiply(v, t, edge=True, packed=False, dtype=dtype)

                blocks(v, p.rows, ROWS, tile)

            blocks(v, p.columns, COLUMNS, column)
            return []

        v.loop(least(v, p.group, p.items - first), [], item)

    @task(Product, dtype)
    def unpacked(index: int, memory: int, p: Product) -> None:
        code(index, p)

    return unpacked
