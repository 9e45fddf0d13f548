"""The product of matrices as a task: a part of C each, or a part of the depth where C is small.

    for each slab of the part, for each block of the depth:
        pack B's columns
        for each block of rows: pack A's rows, multiply tile after tile

A number of C is the sum over the depth in an order that only the problem's sizes give, so any
number of threads gives the same bits. Every part packs for itself: packing a bit twice costs less
than waiting for each other.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.micro import LINE, Tile, multiply
from dlcore.kernels.cpu.pack import FLOAT, PAIRS, storage_bytes
from dlcore.kernels.cpu.product_pack import pack_a, pack_b
from dlcore.kernels.cpu.product_plan import (
    ACROSS,
    BLOCK,
    COLUMNS,
    LINES,
    PACK_DEPTH,
    ROWS,
    SLAB_COLUMNS,
    SLAB_ROWS,
    TARGET,
    Forms,
    Product,
    blocks,
    least,
    parts_of,
    place_of,
)
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value


@cache
def product(forms: Forms) -> Task:
    """The task of a `Product`."""
    size = SIZES[forms.result]

    @vector_code(TARGET)
    def code(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        across, deep = parts_of(p.columns, p.width), parts_of(p.depth, p.span)
        deep = least(v, deep, 1, largest=True)
        parts = parts_of(p.rows, p.height) * across * deep
        number = index % parts
        part, left, top = number % deep, number // deep % across, number // deep // across
        k, j, i = part * p.span, left * p.width, top * p.height
        depth, width = least(v, p.span, p.depth - k), least(v, p.width, p.columns - j)
        height = least(v, p.height, p.rows - i)
        first = index // parts * p.group

        def item(n: Value, _: list[Value]) -> list[Value]:
            outer, inner = (first + n) // p.inner, (first + n) % p.inner
            a = p.a + outer * p.a_outer + inner * p.a_inner + k * p.a_step
            b = p.b + outer * p.b_outer + inner * p.b_inner + k * p.b_step
            c = p.c + outer * p.c_outer + inner * p.c_inner + part * p.c_part

            def rows(top: Value, count: Value) -> None:
                def columns(left: Value, across: Value) -> None:
                    y, x = i + top, j + left
                    slab = Slab(
                        a + y * p.a_row, b + x * p.b_column, c + y * p.c_row + x * size,
                        y, x, count, across, depth, memory,
                    )  # fmt: skip
                    _multiply_slab(v, forms, p, slab)

                blocks(v, width, SLAB_COLUMNS, columns)

            blocks(v, height, SLAB_ROWS, rows)
            return []

        v.loop(least(v, p.group, p.items - first), [], item)

    @task(Product, " ".join([*forms[:2], *["apart"] * forms.apart]))
    def packed(index: int, memory: int, p: Product) -> None:
        code(index, memory, p)

    return packed


class Slab(NamedTuple):
    """C from row i and column j on; a, b and c begin there."""

    a: Value
    b: Value
    c: Value
    i: Value
    j: Value
    rows: Value
    columns: Value
    depth: Value
    memory: Value


class Left(NamedTuple):
    """How tiles read A: where it lies, or packed by rows or by steps.

    Args:
        packed: it isn't read where it lies.
        by_rows: rows are contiguous.
        row: bytes from row to row, `step` from step to step, `tile` from tile to tile.
        ahead: from what is read to what is asked from memory meanwhile: down the rows if these are
            contiguous, else along the depth. Lines lie side by side in distances of `ask_row`, and
            the next ones are ask_line bytes from them.
    """

    packed: Value
    by_rows: Value
    row: Value
    step: Value
    tile: Value
    ahead: Value
    ask_row: Value
    ask_line: Value


def _left(v: Emitter, forms: Forms, p: Any) -> Left:
    numbers = 2 if forms.panels == PAIRS else 1
    step = p.a_step * numbers
    read, by_rows = p.read_a > 0, p.a_step.equals(storage_bytes(forms.panels))
    if forms.apart:
        by_rows = p.rows < 0  # never: all is packed by steps
    panel_row = v.select(by_rows, p.a_pitch, v.integer(FLOAT))
    panel_step = v.select(by_rows, v.integer(FLOAT), v.integer(FLOAT * ROWS))
    below = v.select(read, v.integer(ROWS), v.integer(BLOCK)) * p.a_row
    return Left(
        packed=~read,
        by_rows=by_rows,
        row=v.select(read, p.a_row, panel_row),
        step=v.select(read, step, panel_step),
        tile=v.select(read, p.a_row * ROWS, p.a_panel),
        ahead=v.select(by_rows, below, step * LINES),
        ask_row=v.select(by_rows, p.a_row, step),
        ask_line=v.select(by_rows, v.integer(LINE), step * LINES),
    )


def _multiply_slab(v: Emitter, forms: Forms, p: Any, s: Slab) -> None:
    """Compute a slab, block after block of the depth."""
    left_a, pairs, size = _left(v, forms, p), forms.panels == PAIRS, SIZES[forms.result]
    across, down = parts_of(s.columns, COLUMNS), parts_of(s.rows, ROWS)
    packed_b = s.memory + parts_of(least(v, p.height, BLOCK), ROWS) * p.a_panel
    sums, sums_row = packed_b + across * p.b_panel, across * (COLUMNS * FLOAT)
    again = v.integer(1 if forms.result == "float32" else 2)  # partial sums: in C, or in memory
    pieces = parts_of(s.columns * SIZES[forms.operands], LINE * LINES)  # of a row of B

    def block(index: Value, _: list[Value]) -> list[Value]:
        k = index * p.block
        depth = least(v, p.block, s.depth - k)
        begin = v.select(k > 0, again, p.accumulate)
        end = v.select((k + depth).equals(s.depth), v.integer(1), v.integer(0))
        source_a, source_b = s.a + k * p.a_step, s.b + k * p.b_step
        next_b = source_b + p.block * p.b_step

        def panels_b(first: Value, count: Value) -> None:
            """Some of the depth for all columns: rows of B are read from left to right."""

            def column(j: Value, lines: Value) -> None:
                place = source_b + first * p.b_step + j * p.b_column
                panel = (
                    packed_b
                    + j // COLUMNS * p.b_panel
                    + first * (COLUMNS * FLOAT // (2 if pairs else 1))
                )
                pack_b(v, forms, place, p.b_column, p.b_step, lines, count, panel)

            blocks(v, s.columns, COLUMNS, column)

        def rows(top: Value, height: Value) -> None:
            def panel_a(i: Value, lines: Value) -> None:
                place, panel = source_a + (top + i) * p.a_row, s.memory + i // ROWS * p.a_panel
                pack_a(v, forms, p, left_a.by_rows, place, lines, depth, panel)

            def strip(left: Value, width: Value) -> None:
                def column(n: Value, _: Value) -> None:
                    def tile(m: Value, _: Value) -> None:
                        i, j = top + m, left + n
                        ask_a = source_a + i * p.a_row + left_a.ahead
                        # Tiles ask for one piece of B's next block each, from its first row on.
                        turn = i // ROWS * across + j // COLUMNS
                        row = turn * depth // (down * across)
                        ask_b = next_b + row * p.b_step + turn % pieces * (LINE * LINES)
                        t = Tile(
                            place_a + m // ROWS * left_a.tile, left_a.row, left_a.step,
                            packed_b + j // COLUMNS * p.b_panel, COLUMNS * FLOAT,
                            ask_a, left_a.ask_row, left_a.ask_line, ask_b, p.b_step,
                            (depth + 1) >> 1 if pairs else depth,
                            s.c + i * p.c_row + j * size, p.c_row, height - m, s.columns - j,
                            sums + i * sums_row + j * FLOAT, sums_row, begin, end,
                            place_of(v, p.row_bias, (s.i + i) * size),
                            place_of(v, p.column_bias, (s.j + j) * size),
                            p.relu,
                        )  # fmt: skip
                        _multiply_tile(v, forms, t)

                    blocks(v, height, ROWS, tile)

                blocks(v, width, COLUMNS, column)

            def pack(_: list[Value]) -> list[Value]:
                blocks(v, height, ROWS, panel_a)
                return []

            place_a = v.select(left_a.packed, s.memory, source_a + top * p.a_row)
            v.when(left_a.packed, [], pack)
            blocks(v, s.columns, ACROSS, strip)

        blocks(v, depth, PACK_DEPTH, panels_b)
        blocks(v, s.rows, BLOCK, rows)
        return []

    # Without a depth, too, C is written.
    v.loop(least(v, parts_of(s.depth, p.block), 1, largest=True), [], block)


def _multiply_tile(v: Emitter, forms: Forms, t: Any) -> None:
    def by(edge: bool) -> Any:
        def code(_: list[Value]) -> list[Value]:
            multiply(v, t, edge=edge, pairs=forms.panels == PAIRS, dtype=forms.result)
            return []

        return code

    whole = (t.height >= ROWS) & (t.width >= COLUMNS)
    v.when(whole, [], by(edge=False))
    v.when(~whole, [], by(edge=True))
