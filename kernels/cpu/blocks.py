"""A product of matrices whose panels fit the caches: packing, then tile after tile."""

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

# Panels of A and of B that stay in the second cache together; measured with bench/gemm.py.
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
def room(rows: int, columns: int, depth: int) -> tuple[int, int]:
    """Bytes that the panels of A and of B take."""
    down, across = (rows + ROWS - 1) // ROWS, (columns + COLUMNS - 1) // COLUMNS
    return down * _panel_bytes(ROWS, depth, LANES), across * _panel_bytes(COLUMNS, depth, LANES)


@compiled
def pack(p: Product) -> None:
    """Fill the panels with A and B."""
    panel = p.panels_a
    for i in range(0, p.rows, ROWS):
        lines, source = min(ROWS, p.rows - i), p.a + i * p.a_row
        if p.a_step == FLOAT:
            _lines_a(source, p.a_row, lines, p.depth, panel)
        else:
            _adjacent_a(source, p.a_step, lines, p.depth, panel)
        panel += _panel_bytes(ROWS, p.depth, LANES)
    panel = p.panels_b
    for j in range(0, p.columns, COLUMNS):
        lines, source = min(COLUMNS, p.columns - j), p.b + j * p.b_column
        if p.b_step == FLOAT:
            _lines_b(source, p.b_column, lines, p.depth, panel)
        else:
            _adjacent_b(source, p.b_step, lines, p.depth, panel)
        panel += _panel_bytes(COLUMNS, p.depth, LANES)


@compiled
def multiply(p: Product) -> None:
    """Compute C from the panels, block by block."""
    down, across = (p.rows + ROWS - 1) // ROWS, (p.columns + COLUMNS - 1) // COLUMNS
    for top in range(0, down, BLOCK_ROWS):
        for left in range(0, across, BLOCK_COLUMNS):
            for column in range(left, min(left + BLOCK_COLUMNS, across)):
                for row in range(top, min(top + BLOCK_ROWS, down)):
                    _one_tile(p, row, column)


@compiled
def _one_tile(p: Product, row: int, column: int) -> None:
    i, j, relu, accumulate = row * ROWS, column * COLUMNS, p.relu, p.accumulate
    a = p.panels_a + row * _panel_bytes(ROWS, p.depth, LANES)
    b = p.panels_b + column * _panel_bytes(COLUMNS, p.depth, LANES)
    c, pitch = p.c + i * p.c_row + j * FLOAT, p.c_row
    of_row = p.row_bias + i * FLOAT if p.row_bias else 0
    of_column = p.column_bias + j * FLOAT if p.column_bias else 0
    height, width = p.rows - i, p.columns - j
    if height >= ROWS and width >= COLUMNS:
        _tile(a, b, p.depth, c, pitch, height, width, accumulate, of_row, of_column, relu)
    else:
        _edge(a, b, p.depth, c, pitch, height, width, accumulate, of_row, of_column, relu)
