"""What a product of matrices is: the plan of its tasks, in which blocks, for which dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.micro import register_tile
from dlcore.kernels.cpu.pack import FLOAT, PAIRS
from dlcore.kernels.cpu.simd import Emitter
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


# -- vector code: integers ---------------------------------------------------------------------


def blocks(v: Emitter, count: Value, size: int, body: Callable[[Value, Value], None]) -> None:
    """body(first, how many) for each block of `size` numbers of `count`."""

    def block(index: Value, _: list[Value]) -> list[Value]:
        first = index * size
        body(first, least(v, count - first, size))
        return []

    v.loop(parts_of(count, size), [], block)


def parts_of(count: Value, size: Value | int) -> Value:
    return (count + size - 1) // size


def least(v: Emitter, x: Value, y: Value | int, largest: bool = False) -> Value:
    """The smaller of two integers, or the larger."""
    y = v.integer(y) if isinstance(y, int) else y
    return v.select(x > y if largest else x < y, x, y)


def place_of(v: Emitter, address: Value, offset: Value) -> Value:
    """A place in an array, 0 if there is none."""
    return v.select(address.equals(0), address, address + offset)
