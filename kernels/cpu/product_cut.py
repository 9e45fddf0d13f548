"""Into which parts a product of matrices is cut: by its sizes alone, never by the threads."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import NamedTuple

from dlcore.kernels.cpu.product_plan import COLUMNS, ROWS

# Measured with bench/gemm.py.
PIECE_WORK = 4_000_000  # multiply-adds at least, or threads cost more than they bring
PIECES = 16  # keep as many threads busy; more of them would pack more
# Rows, columns and depth of a part at least: as long as that gives enough parts, and else.
LEAST = (4 * ROWS, 8 * COLUMNS, 1024), (ROWS, COLUMNS, 512)
SUM_COST = 8  # of a partial sum, beside a number that is packed
STEPS = 640  # of the largest block of the depth
UNIT = 32  # numbers, of which the depth of a block is a multiple


class Cut(NamedTuple):
    """Items that a piece does; or rows, columns and depth of one part of an item."""

    group: int
    height: int
    width: int
    span: int


@cache
def cut(items: int, rows: int, columns: int, depth: int) -> Cut:
    """Parts of about the same work, of the shape that needs the least packing."""
    wanted = min(PIECES, items * rows * columns * depth // PIECE_WORK)
    if items >= wanted:
        return Cut(-(-items // max(1, wanted)), rows, columns, max(1, depth))
    parts: tuple[int, ...] = (1, 1, 1)
    for least in LEAST:
        while prod(parts) * items < wanted:
            ways = [
                tuple(count * (1 + (axis == other)) for other, count in enumerate(parts))
                for axis, size in enumerate((rows, columns, depth))
                if size >= 2 * parts[axis] * least[axis] and (axis < 2 or items == 1)
            ]
            if not ways:
                break
            parts = min(ways, key=lambda way: _cost(rows, columns, depth, *way))
    down, across, deep = parts
    span = depth if deep == 1 else _share(depth, deep, UNIT)
    return Cut(1, _share(rows, down, ROWS), _share(columns, across, COLUMNS), span)


def block_depth(span: int, numbers: int) -> int:
    """The depth that is packed at a time, of so many numbers a step: about the same each time."""
    blocks = max(1, -(-span // (STEPS * numbers)))
    return _share(max(1, span), blocks, UNIT)


def _cost(rows: int, columns: int, depth: int, down: int, across: int, deep: int) -> int:
    """Numbers that are packed, and partial sums, which cost more."""
    sums = rows * columns * deep * SUM_COST if deep > 1 else 0
    return rows * depth * across + columns * depth * down + sums


def _share(size: int, parts: int, unit: int) -> int:
    """The size of a part, in whole units."""
    return -(-size // (parts * unit)) * unit
