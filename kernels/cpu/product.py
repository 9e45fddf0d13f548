"""The product of matrices as a task: a part of C each, or a part of the depth where C is small.

    for each slab of the part, for each block of the depth:
        pack B's columns
        for each block of rows: pack A's rows, multiply tile after tile

A number of C is the sum over the depth in an order that only the problem's sizes give, so any
number of threads gives the same bits. Every part packs for itself: packing a bit twice costs less
than waiting for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.micro import LINE, Tile, multiply, register_tile
from dlcore.kernels.cpu.pack import (
    FLOAT,
    PAIRS,
    copy_lines,
    pack_adjacent,
    pack_apart,
    pack_lines,
    storage_bytes,
)
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

TARGET = host()
ROWS, VECTORS = register_tile(TARGET)
COLUMNS = VECTORS * TARGET.lanes

# Measured with bench/gemm.py.
BLOCK = 6 * ROWS  # rows of A that are packed at a time
ACROSS = 4 * COLUMNS  # columns that they are multiplied with, tile by tile, before the next ones
SLAB_ROWS, SLAB_COLUMNS = 6 * BLOCK, 4 * ACROSS  # of C, for which B is packed at a time


LINES = 16  # of a cache, that a tile asks for side by side
PACK_DEPTH = 32  # for which a row of panels is packed before the next


class Product(NamedTuple):
    """C = f(A B), or a batch of them: addresses, sizes and flags; distances in bytes.

    What is added, in this order: C if `accumulate`, the biases unless their address is 0; then
    ReLU. Item n has A at a + n // inner a_outer + n % inner a_inner, likewise B and C.

    Args:
        c_part: between the results of two parts of the depth.
        group: items that a piece does.
        height: rows of a part, `width` its columns, `span` its depth.
        block: depth of what is packed at a time, into panels of a_panel and b_panel bytes.
        a_pitch: between rows of A in a panel.
        read_a: A isn't packed, but read where it lies.
    """

    a: int
    b: int
    c: int
    row_bias: int
    column_bias: int
    rows: int
    columns: int
    depth: int
    a_row: int
    a_step: int
    b_step: int
    b_column: int
    c_row: int
    c_part: int
    accumulate: int
    relu: int
    items: int
    inner: int
    a_outer: int
    a_inner: int
    b_outer: int
    b_inner: int
    c_outer: int
    c_inner: int
    group: int
    height: int
    width: int
    span: int
    block: int
    a_panel: int
    b_panel: int
    a_pitch: int
    read_a: int


def by_pairs(dtype: str) -> bool:
    """Whether numbers are multiplied two at a time."""
    return dtype == "bfloat16" and TARGET.bf16_dot


def memory_for(p: Product, dtype: str) -> int:
    """Bytes that a piece works in: panels, and partial sums unless they lie in C."""
    rows, columns = min(SLAB_ROWS, p.height), min(SLAB_COLUMNS, p.width)
    down, across = -(-min(BLOCK, p.height) // ROWS), -(-columns // COLUMNS)
    sums = rows * across * COLUMNS * FLOAT if dtype != "float32" and p.span > p.block else 0
    return down * p.a_panel + across * p.b_panel + sums


class Forms(NamedTuple):
    """What a kernel is made for.

    Args:
        operands: dtype of A and B.
        result: dtype of C and of the biases.
        apart: neither rows nor columns are contiguous, of A or of B.
    """

    operands: str
    result: str
    apart: bool

    @property
    def panels(self) -> str:
        """What is packed."""
        return PAIRS if by_pairs(self.operands) else self.operands


@cache
def product(forms: Forms) -> Task:
    """The task of a `Product`."""
    size = SIZES[forms.result]

    @vector_code(TARGET)
    def code(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        across, deep = _parts(p.columns, p.width), _parts(p.depth, p.span)
        deep = least(v, deep, 1, largest=True)
        parts = _parts(p.rows, p.height) * across * deep
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
    across, down = _parts(s.columns, COLUMNS), _parts(s.rows, ROWS)
    packed_b = s.memory + _parts(least(v, p.height, BLOCK), ROWS) * p.a_panel
    sums, sums_row = packed_b + across * p.b_panel, across * (COLUMNS * FLOAT)
    again = v.integer(1 if forms.result == "float32" else 2)  # partial sums: in C, or in memory
    pieces = _parts(s.columns * SIZES[forms.operands], LINE * LINES)  # of a row of B

    def block(index: Value, _: list[Value]) -> list[Value]:
        k = index * p.block
        depth = least(v, p.block, s.depth - k)
        begin = v.select(k > 0, again, p.accumulate)
        end = v.select((k + depth).equals(s.depth), v.integer(1), v.integer(0))
        source_a, source_b = s.a + k * p.a_step, s.b + k * p.b_step
        next_b = source_b + p.block * p.b_step

        def pack_b(first: Value, count: Value) -> None:
            """Some of the depth for all columns: rows of B are read from left to right."""

            def column(j: Value, lines: Value) -> None:
                place = source_b + first * p.b_step + j * p.b_column
                panel = (
                    packed_b
                    + j // COLUMNS * p.b_panel
                    + first * (COLUMNS * FLOAT // (2 if pairs else 1))
                )
                _pack_b(v, forms, place, p.b_column, p.b_step, lines, count, panel)

            blocks(v, s.columns, COLUMNS, column)

        def rows(top: Value, height: Value) -> None:
            def pack_a(i: Value, lines: Value) -> None:
                place, panel = source_a + (top + i) * p.a_row, s.memory + i // ROWS * p.a_panel
                _pack_a(v, forms, p, left_a.by_rows, place, lines, depth, panel)

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
                blocks(v, height, ROWS, pack_a)
                return []

            place_a = v.select(left_a.packed, s.memory, source_a + top * p.a_row)
            v.when(left_a.packed, [], pack)
            blocks(v, s.columns, ACROSS, strip)

        blocks(v, depth, PACK_DEPTH, pack_b)
        blocks(v, s.rows, BLOCK, rows)
        return []

    # Without a depth, too, C is written.
    v.loop(least(v, _parts(s.depth, p.block), 1, largest=True), [], block)


def _multiply_tile(v: Emitter, forms: Forms, t: Any) -> None:
    def by(edge: bool) -> Any:
        def code(_: list[Value]) -> list[Value]:
            multiply(v, t, edge=edge, pairs=forms.panels == PAIRS, dtype=forms.result)
            return []

        return code

    whole = (t.height >= ROWS) & (t.width >= COLUMNS)
    v.when(whole, [], by(edge=False))
    v.when(~whole, [], by(edge=True))


def _pack_a(
    v: Emitter, forms: Forms, p: Any, contiguous: Value, x: Value, lines: Value, depth: Value,
    panel: Value,
) -> None:  # fmt: skip
    """Pack rows of A: as rows if that is how they lie, else step by step."""
    form = forms.panels
    if forms.apart:
        pack_apart(v, ROWS, form, x, p.a_row, p.a_step, lines, depth, panel)
        return

    def by_lines(_: list[Value]) -> list[Value]:
        copy_lines(v, form, x, p.a_row, lines, depth, panel, p.a_pitch)
        return []

    def by_steps(_: list[Value]) -> list[Value]:
        pack_adjacent(v, ROWS, form, x, p.a_step, lines, depth, panel)
        return []

    v.when(contiguous, [], by_lines)
    v.when(~contiguous, [], by_steps)


def _pack_b(
    v: Emitter, forms: Forms, x: Value, lead: Value, step: Value, lines: Value, depth: Value,
    panel: Value,
) -> None:  # fmt: skip
    """Pack columns of B, which are `lead` bytes apart, their numbers `step` bytes."""
    form = forms.panels
    if forms.apart:
        pack_apart(v, COLUMNS, form, x, lead, step, lines, depth, panel)
        return

    def by_lines(_: list[Value]) -> list[Value]:
        pack_lines(v, COLUMNS, form, x, lead, lines, depth, panel)
        return []

    def by_steps(_: list[Value]) -> list[Value]:
        pack_adjacent(v, COLUMNS, form, x, step, lines, depth, panel)
        return []

    contiguous = step.equals(storage_bytes(form))
    v.when(contiguous, [], by_lines)
    v.when(~contiguous, [], by_steps)


def blocks(v: Emitter, count: Value, size: int, body: Callable[[Value, Value], None]) -> None:
    """body(first, how many) for each block of `size` numbers of `count`."""

    def block(index: Value, _: list[Value]) -> list[Value]:
        first = index * size
        body(first, least(v, count - first, size))
        return []

    v.loop(_parts(count, size), [], block)


def _parts(count: Value, size: Value | int) -> Value:
    return (count + size - 1) // size


def least(v: Emitter, x: Value, y: Value | int, largest: bool = False) -> Value:
    """The smaller of two integers, or the larger."""
    y = v.integer(y) if isinstance(y, int) else y
    return v.select(x > y if largest else x < y, x, y)


def place_of(v: Emitter, address: Value, offset: Value) -> Value:
    """A place in an array, 0 if there is none."""
    return v.select(address.equals(0), address, address + offset)
