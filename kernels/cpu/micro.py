"""The innermost loop of a matrix product: a tile of C that lives in registers.

    C[rows, vectors x lanes] = A[rows, steps] B[steps, vectors x lanes]

Each step reads `rows` numbers of A and `vectors` vectors of B, and gives rows x vectors
multiply-adds. A number takes four bytes: a float32, or a pair of bfloat16 along the depth, which
one instruction multiplies and adds. A has any strides, B one line of vectors after the other, in
panels (`pack`) or where it lies.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import Target
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.storage import SIZES, read, read_one, write
from dlcore.kernels.cpu.values import Value

LINE = 64  # bytes of a cache's line

Word = Value | int
"""An integer in vector code, or in Numba's."""


class Tile(NamedTuple):
    """What a micro-kernel takes: addresses, distances in bytes, sizes and flags.

    What happens to the product, in this order: numbers are added, C's old ones if `begin` is 1,
    those at `sums` if it is 2; then, if `end`, the numbers of C's rows at `row_bias` and of its
    columns at `column_bias` unless these addresses are 0, then ReLU if `relu`, and the result goes
    to C. Without `end` it goes to `sums`, as float32.

    Args:
        a_row: between rows of A, and a_step between steps.
        b_step: between steps of B.
        ask_a: asked from memory meanwhile, a line each step k, but not by edges: those at
            ask_a + k % 16 ask_row + k // 16 ask_line, and at ask_b + k % 16 64 + k // 16 ask_step.
        steps: of the sum.
        height: rows that C has there, and `width` columns: for an edge.
        sums: float32 numbers, rows `sums_row` apart. It is C itself if that is float32.
    """

    a: Word
    a_row: Word
    a_step: Word
    b: Word
    b_step: Word
    ask_a: Word
    ask_row: Word
    ask_line: Word
    ask_b: Word
    ask_step: Word
    steps: Word
    c: Word
    c_row: Word
    height: Word
    width: Word
    sums: Word
    sums_row: Word
    begin: Word
    end: Word
    row_bias: Word
    column_bias: Word
    relu: Word


def register_tile(target: Target) -> tuple[int, int]:
    """Rows and vectors of a tile: all accumulators, a row of B and one number of A in registers."""
    return (14, 2) if target.registers == 32 else (6, 2)


def edge_heights(target: Target) -> tuple[int, ...]:
    """Rows of the tiles at C's lower edge, of which the smallest that covers it is computed.

    64 rows would otherwise cost as much as 70.
    """
    return (14, 8, 4) if target.registers == 32 else (6, 4, 2)


def multiply(
    v: Emitter,
    t: Any,
    *,
    edge: bool,
    packed: bool = True,
    pairs: bool = False,
    dtype: str = "float32",
) -> None:
    """Compute one `Tile`.

    Args:
        edge: C may hold only a part of the tile.
        packed: B is a panel, else there may be nothing beyond `width`.
        pairs: numbers are pairs of bfloat16.
        dtype: of C and of the biases.
    """
    rows, vectors = register_tile(v.target)
    kind = "int32" if pairs else "float32"
    size = FLOAT * v.lanes
    places = [(i, j) for i in range(rows) for j in range(vectors)]
    tails: list[Value | None] = [None] * vectors
    mask: dict[tuple[int, int], Value | None] = dict.fromkeys(places)
    if edge:
        tails = [v.tail(t.width - v.lanes * j) for j in range(vectors)]
        mask = {(i, j): tails[j] & v.splat(t.height > i) for i, j in places}  # type: ignore[operator]
    else:
        for i, j in places:
            v.prefetch(t.c + t.c_row * i + SIZES[dtype] * v.lanes * j, write=True)

    # Three rows share an address, whose multiples of a_row the processor adds for nothing. At an
    # edge rows that A doesn't have are its first one.
    every = 1 if edge else 3

    def product(height: int, across: int, sums: list[Value]) -> list[Value]:
        """The sums of the first rows and vectors; the others stay."""
        own = [(i, j) for i in range(height) for j in range(across)]

        def step(k: Value, carried: list[Value]) -> list[Value]:
            b, *bases = carried[len(own) :]
            line = [v.load(b + size * j, kind, None if packed else tails[j]) for j in range(across)]
            if not edge:
                v.prefetch(t.ask_a + (k & 15) * t.ask_row + (k >> 4) * t.ask_line)
                v.prefetch(t.ask_b + (k & 15) * LINE + (k >> 4) * t.ask_step)
            results = []
            for i in range(height):
                number = v.broadcast(bases[i // every] + t.a_row * (i % every), kind)
                totals = carried[across * i : across * (i + 1)]
                terms = zip(line, totals, strict=True)
                results += [multiply_add(total, number, x) for x, total in terms]
            return [*results, b + t.b_step, *(base + t.a_step for base in bases)]

        first = [t.a + t.a_row * i for i in range(0, height, every)]
        if edge:
            first = [v.select(t.height > i, x, t.a) for i, x in enumerate(first)]
        start = [*(sums[places.index(place)] for place in own), t.b, *first]
        found = dict(zip(own, v.loop(t.steps, start, step), strict=False))
        return [found.get(place, total) for place, total in zip(places, sums, strict=True)]

    def multiply_add(total: Value, x: Value, y: Value) -> Value:
        return v.bf16_dot(total, x, y) if pairs else v.fma(x, y, total)

    def covered(sums: list[Value]) -> list[Value]:
        """By as few rows and vectors as the edge needs."""
        heights = edge_heights(v.target)
        for height, lower in zip(heights, (*heights[1:], 0), strict=True):
            for across in range(1, vectors + 1):
                here = (t.height > lower) & (t.width > v.lanes * (across - 1))
                if height < rows:
                    here = here & (t.height <= height)
                if across < vectors:
                    here = here & (t.width <= v.lanes * across)
                sums = v.when(here, sums, partial(product, height, across))
        return sums

    def added(address: Value, row: Value, form: str) -> Any:
        def add(sums: list[Value]) -> list[Value]:
            step = SIZES[form] * v.lanes
            old = [read(v, address + row * i + step * j, form, mask[i, j]) for i, j in places]
            return [x + y for x, y in zip(sums, old, strict=True)]

        return add

    def add_row_bias(sums: list[Value]) -> list[Value]:
        # Rows beyond the edge take the first row's number, for there is nothing to read.
        inside = [t.row_bias + SIZES[dtype] * i for i in range(rows)]
        if edge:
            inside = [v.select(t.height > i, x, t.row_bias) for i, x in enumerate(inside)]
        numbers = [read_one(v, place, dtype) for place in inside]
        return [x + numbers[i] for x, (i, _) in zip(sums, places, strict=True)]

    def add_column_bias(sums: list[Value]) -> list[Value]:
        step = SIZES[dtype] * v.lanes
        numbers = [read(v, t.column_bias + step * j, dtype, tails[j]) for j in range(vectors)]
        return [x + numbers[j] for x, (_, j) in zip(sums, places, strict=True)]

    def rectify(sums: list[Value]) -> list[Value]:
        return [v.maximum(x, v.splat(0.0)) for x in sums]

    def finish(sums: list[Value]) -> list[Value]:
        sums = v.when(~t.row_bias.equals(0), sums, add_row_bias)
        sums = v.when(~t.column_bias.equals(0), sums, add_column_bias)
        return v.when(t.relu > 0, sums, rectify)

    def put(address: Value, row: Value, form: str) -> Any:
        def store(sums: list[Value]) -> list[Value]:
            for (i, j), x in zip(places, sums, strict=True):
                write(v, x, address + row * i + SIZES[form] * v.lanes * j, form, mask[i, j])
            return []

        return store

    sums = [v.splat(0.0)] * len(places)
    sums = covered(sums) if edge else product(rows, vectors, sums)
    if dtype == "float32":
        sums = v.when(t.begin > 0, sums, added(t.c, t.c_row, dtype))
        sums = v.when(t.end > 0, sums, finish)
        put(t.c, t.c_row, dtype)(sums)
        return
    sums = v.when(t.begin.equals(1), sums, added(t.c, t.c_row, dtype))
    sums = v.when(t.begin.equals(2), sums, added(t.sums, t.sums_row, "float32"))

    def complete(sums: list[Value]) -> list[Value]:
        put(t.c, t.c_row, dtype)(finish(sums))
        return sums

    def incomplete(sums: list[Value]) -> list[Value]:
        put(t.sums, t.sums_row, "float32")(sums)
        return sums

    v.when(t.end > 0, sums, complete)
    v.when(t.end.equals(0), sums, incomplete)
