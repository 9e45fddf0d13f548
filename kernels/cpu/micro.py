"""The innermost loop of a matrix product: a tile of C that lives in registers.

    C[rows, vectors x lanes] = A[rows, depth] B[depth, vectors x lanes]

A and B come packed (`pack`), so that each step of `depth` reads `rows` numbers of A and `vectors`
vectors of B one after the other, and gives rows x vectors multiply-adds.
"""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.machine import Target
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value


def register_tile(target: Target) -> tuple[int, int]:
    """Rows and vectors of a tile: all accumulators, a row of B and one number of A in registers."""
    return (14, 2) if target.registers == 32 else (6, 2)


def micro_kernel(target: Target, edge: bool) -> Any:
    """The intrinsic that computes one tile; with `edge`, a tile that C holds only a part of.

    Arguments: addresses of packed a and b, the depth, address and row pitch (bytes) of c, how many
    `height` rows and `width` columns c has there (for an edge); then what happens to the product,
    in this order: c is added if `accumulate`, then the numbers of c's rows at `row_bias` and of
    c's columns at `column_bias` unless these addresses are 0, then ReLU if `relu`.
    """
    rows, vectors = register_tile(target)

    @vector_code(target)
    def tile(
        v: Emitter,
        a: Value,
        b: Value,
        depth: Value,
        c: Value,
        pitch: Value,
        height: Value,
        width: Value,
        accumulate: Value,
        row_bias: Value,
        column_bias: Value,
        relu: Value,
    ) -> None:
        size = FLOAT * v.lanes
        places = [(i, j) for i in range(rows) for j in range(vectors)]
        address = {(i, j): c + pitch * i + size * j for i, j in places}
        mask: dict[tuple[int, int], Value | None] = dict.fromkeys(places)
        if edge:
            tails = [v.tail(width - v.lanes * j) for j in range(vectors)]
            mask = {(i, j): tails[j] & v.splat(height > i) for i, j in places}
        else:
            for place in places:
                v.prefetch(address[place], write=True)

        def step(k: Value, sums: list[Value]) -> list[Value]:
            line = [v.load(b + (k * vectors + j) * size) for j in range(vectors)]
            results = []
            for i in range(rows):
                number = v.broadcast(a + (k * rows + i) * FLOAT)
                pairs = zip(line, sums[i * vectors :], strict=False)
                results += [v.fma(number, x, total) for x, total in pairs]
            return results

        def add_old(sums: list[Value]) -> list[Value]:
            old = [v.load(address[place], mask=mask[place]) for place in places]
            return [x + y for x, y in zip(sums, old, strict=True)]

        def add_row_bias(sums: list[Value]) -> list[Value]:
            # Rows beyond the edge take the first row's number, for there is nothing to read.
            inside = [v.select(height > i, row_bias + FLOAT * i, row_bias) for i in range(rows)]
            bias = [v.broadcast(place) for place in inside]
            return [x + bias[i] for x, (i, _) in zip(sums, places, strict=True)]

        def add_column_bias(sums: list[Value]) -> list[Value]:
            bias = [v.load(column_bias + size * j, mask=mask[0, j]) for j in range(vectors)]
            return [x + bias[j] for x, (_, j) in zip(sums, places, strict=True)]

        def rectify(sums: list[Value]) -> list[Value]:
            return [v.maximum(x, v.splat(0.0)) for x in sums]

        sums = v.loop(depth, [v.splat(0.0)] * len(places), step)
        sums = v.when(accumulate > 0, sums, add_old)
        sums = v.when(~row_bias.equals(0), sums, add_row_bias)
        sums = v.when(~column_bias.equals(0), sums, add_column_bias)
        sums = v.when(relu > 0, sums, rectify)
        for place, total in zip(places, sums, strict=True):
            v.store(total, address[place], mask[place])

    return tile
