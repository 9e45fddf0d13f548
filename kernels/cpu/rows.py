"""Arrays as rows of channels, N ... C without gaps: what kernels of statistics go through."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import overload

import numpy as np

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.launch import temporary
from dlcore.kernels.cpu.move import move
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value

BLOCK = 1 << 15  # elements of a block of rows, whose sums are float32


def block_rows(channels: int) -> int:
    """Rows of a block."""
    return max(1, BLOCK // channels)


@overload
def rows_of(x: Array) -> Array: ...
@overload
def rows_of(x: None) -> None: ...
def rows_of(x: Array | None) -> Array | None:
    """N C ... as N ... C."""
    return x if x is None or x.ndim == 2 else x.transpose(0, *range(2, x.ndim), 1)


def in_rows(
    function: Callable[..., None], reads: Sequence[Array | None], writes: Sequence[Array | None]
) -> None:
    """function(*reads, *writes), with copies in C order for arrays that lie otherwise."""
    if all(x is None or x.flags.c_contiguous for x in (*reads, *writes)):
        function(*reads, *writes)
        return
    with ExitStack() as stack:

        def dense(x: Array | None) -> Array | None:
            if x is None or x.flags.c_contiguous:
                return x
            return array_at(stack.enter_context(temporary(x.nbytes)), x)

        sources, targets = [dense(x) for x in reads], [dense(y) for y in writes]
        for x, source in zip(reads, sources, strict=True):
            if x is not None and source is not None and source is not x:
                move(x, source)
        function(*sources, *targets)
        for target, y in zip(targets, writes, strict=True):
            if y is not None and target is not None and target is not y:
                move(target, y)


def array_at(place: int, like: Array) -> Array:
    """The memory at an address as an array in C order, of the shape and dtype of another."""
    memory = memoryview((ctypes.c_uint8 * like.nbytes).from_address(place))
    array: Array = np.frombuffer(memory, like.dtype).reshape(like.shape)
    return array


def over_rows(
    v: Emitter,
    rows: Value,
    channels: Value,
    many: int,
    body: Callable[[Value, int, Value, Value | None], None],
) -> None:
    """body(first row, how many, channel, mask) for all vectors of channels, `many` rows at a time.

    The rows that are left come one by one.
    """
    groups = rows // many

    def group(number: Value, _: list[Value]) -> list[Value]:
        v.each(channels, lambda c, mask: body(number * many, many, c, mask))
        return []

    def single(number: Value, _: list[Value]) -> list[Value]:
        v.each(channels, lambda c, mask: body(groups * many + number, 1, c, mask))
        return []

    v.loop(groups, [], group)
    v.loop(rows - groups * many, [], single)


def tree_sum(values: Sequence[Value]) -> Value:
    """The sum by pairs, which rounds less than one after the other."""
    values = list(values)
    while len(values) > 1:
        values = [sum(values[i + 1 : i + 2], start=values[i]) for i in range(0, len(values), 2)]
    return values[0]
