"""How much work a piece has: enough to be worth a start, so little that all threads have some."""

from __future__ import annotations

WORK = 1 << 17  # numbers read, some 20 microseconds of one thread


def cut(lines: int, work: int, most: int = WORK) -> tuple[int, int]:
    """Lines for each piece and the number of pieces, for lines of so much work.

    They depend on the problem alone, so that results don't depend on threads.

    >>> cut(lines=100, work=3000), cut(lines=100, work=10)
    ((43, 3), (100, 1))
    """
    block = max(1, min(lines, most // max(work, 1)))
    return block, -(-lines // block)
