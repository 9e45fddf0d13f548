"""A product of matrices as tasks: packing a panel, computing a block of C.

A task writes what no other task does, and sums over the depth in one fixed order, so the result
has the same bits for any number of threads and whatever else is in the matrices.
"""

from __future__ import annotations

from typing import NamedTuple

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.micro import micro_kernel, register_tile
from dlcore.kernels.cpu.pack import FLOAT, pack_adjacent, pack_lines, panel_bytes

TARGET = host()
LANES = TARGET.lanes
ROWS, VECTORS = register_tile(TARGET)
COLUMNS = VECTORS * LANES

# Panels of A and of B in a task, measured with bench/gemm.py: they stay in the second cache.
BLOCK_ROWS, BLOCK_COLUMNS = 6, 4

_panel_bytes = compiled(panel_bytes)
_tile, _edge = micro_kernel(TARGET, edge=False), micro_kernel(TARGET, edge=True)
_adjacent_a, _adjacent_b = pack_adjacent(TARGET, ROWS), pack_adjacent(TARGET, COLUMNS)
_lines_a, _lines_b = pack_lines(TARGET, ROWS), pack_lines(TARGET, COLUMNS)


class Product(NamedTuple):
    """C[rows, columns] = f(A[rows, depth] B[depth, columns]): addresses and strides in bytes.

    One of A's strides and one of B's is that of a float32, as is the stride of C's columns. What is
    added, in this order: C if `accumulate`, the biases unless their address is 0; then ReLU.
    """

    rows: int
    columns: int
    depth: int
    a: int
    a_row: int
    a_step: int
    b: int
    b_step: int
    b_column: int
    c: int
    c_row: int
    panels_a: int
    panels_b: int
    accumulate: int
    row_bias: int
    column_bias: int
    relu: int


@compiled
def pack(p: Product, task: int) -> None:
    """One panel: first those of A, then those of B."""
    across = (p.rows + ROWS - 1) // ROWS
    if task < across:
        lines = min(ROWS, p.rows - task * ROWS)
        source = p.a + task * ROWS * p.a_row
        panel = p.panels_a + task * _panel_bytes(ROWS, p.depth, LANES)
        if p.a_step == FLOAT:
            _lines_a(source, p.a_row, lines, p.depth, panel)
        else:
            _adjacent_a(source, p.a_step, lines, p.depth, panel)
    else:
        task -= across
        lines = min(COLUMNS, p.columns - task * COLUMNS)
        source = p.b + task * COLUMNS * p.b_column
        panel = p.panels_b + task * _panel_bytes(COLUMNS, p.depth, LANES)
        if p.b_step == FLOAT:
            _lines_b(source, p.b_column, lines, p.depth, panel)
        else:
            _adjacent_b(source, p.b_step, lines, p.depth, panel)


@compiled
def block(p: Product, task: int) -> None:
    """Up to BLOCK_ROWS x BLOCK_COLUMNS tiles of C."""
    down, across = (p.rows + ROWS - 1) // ROWS, (p.columns + COLUMNS - 1) // COLUMNS
    blocks = (across + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS
    top, left = task // blocks * BLOCK_ROWS, task % blocks * BLOCK_COLUMNS
    for column in range(left, min(left + BLOCK_COLUMNS, across)):
        for row in range(top, min(top + BLOCK_ROWS, down)):
            a = p.panels_a + row * _panel_bytes(ROWS, p.depth, LANES)
            b = p.panels_b + column * _panel_bytes(COLUMNS, p.depth, LANES)
            i, j = row * ROWS, column * COLUMNS
            height, width = p.rows - i, p.columns - j
            c = p.c + i * p.c_row + j * FLOAT
            row_bias = p.row_bias + i * FLOAT if p.row_bias else 0
            column_bias = p.column_bias + j * FLOAT if p.column_bias else 0
            if height >= ROWS and width >= COLUMNS:
                _tile(
                    a,
                    b,
                    p.depth,
                    c,
                    p.c_row,
                    height,
                    width,
                    p.accumulate,
                    row_bias,
                    column_bias,
                    p.relu,
                )
            else:
                _edge(
                    a,
                    b,
                    p.depth,
                    c,
                    p.c_row,
                    height,
                    width,
                    p.accumulate,
                    row_bias,
                    column_bias,
                    p.relu,
                )


@compiled
def room(rows: int, columns: int, depth: int) -> tuple[int, int]:
    """Bytes that the panels of A and of B take."""
    down, across = (rows + ROWS - 1) // ROWS, (columns + COLUMNS - 1) // COLUMNS
    return down * _panel_bytes(ROWS, depth, LANES), across * _panel_bytes(COLUMNS, depth, LANES)


@compiled
def tasks(p: Product) -> tuple[int, int]:
    """How many panels there are to pack, and how many blocks to compute then."""
    down, across = (p.rows + ROWS - 1) // ROWS, (p.columns + COLUMNS - 1) // COLUMNS
    blocks = (down + BLOCK_ROWS - 1) // BLOCK_ROWS
    return down + across, blocks * ((across + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS)
