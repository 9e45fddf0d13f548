"""Lines: arrays whose last axis lies in one piece, gone through line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.storage import SIZES, read
from dlcore.kernels.cpu.values import Value

BLOCK = 1 << 14  # elements of a piece


def height_of(length: int) -> int:
    """Lines of a piece."""
    return max(1, BLOCK // max(length, 1))


def fold(
    v: Emitter,
    count: Value,
    values: Sequence[Value],
    body: Callable[[Value, Value | None, list[Value]], Sequence[Value]],
) -> list[Value]:
    """values = body(i, mask, values) for every vector of `count` numbers, as `Emitter.each`."""
    vectors = count >> (v.lanes.bit_length() - 1)
    rest = count - vectors * v.lanes
    values = v.loop(vectors, values, lambda i, now: body(i * v.lanes, None, now))
    return v.when(rest > 0, values, lambda now: body(count - rest, v.tail(rest), now))


def kept(v: Emitter, mask: Value | None, x: Value, other: float) -> Value:
    """x, and another number in the lanes where the mask is off."""
    return x if mask is None else v.select(mask, x, v.splat(other))


def each_line(
    v: Emitter, index: Value, height: Value, count: Value, body: Callable[[Value], None]
) -> None:
    """body(line) for the lines of one piece."""
    first = index * height
    left = count - first

    def line(number: Value, _: list[Value]) -> list[Value]:
        body(first + number)
        return []

    v.loop(v.select(left < height, left, height), [], line)


def total(v: Emitter, count: Value, term: Callable[[Value, Value | None], Value]) -> Value:
    """The sum of term(i, mask), in all lanes."""

    def add(i: Value, mask: Value | None, values: list[Value]) -> list[Value]:
        return [values[0] + kept(v, mask, term(i, mask), 0.0)]

    (vector,) = fold(v, count, [v.splat(0.0)], add)
    return v.splat(v.sum(vector))


def largest(v: Emitter, place: Value, length: Value, dtype: str) -> Value:
    """The largest number of a line, in all lanes."""
    none = -float("inf")

    def step(i: Value, mask: Value | None, values: list[Value]) -> list[Value]:
        x = kept(v, mask, read(v, place + i * SIZES[dtype], dtype, mask), none)
        return [v.maximum(values[0], x)]

    (most,) = fold(v, length, [v.splat(none)], step)
    return v.splat(v.max(most))
