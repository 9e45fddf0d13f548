"""Reductions of dense arrays: x seen as K0 R0 K1 R1, of which the R are reduced.

Blocks are reduced in float32, each to a partial result of its own; then the partial results are,
sums among them in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import inf
from typing import Any, NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.elements import STORED, encoded
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.lines import fold, kept
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.rows import over_rows
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes of a partial result
BLOCK = 1 << 15  # elements that are reduced to one partial result, at most
WIDTH = 1 << 12  # columns of a piece
AT_ONCE = 8  # rows, or vectors of a line

Join = Callable[[Emitter, Value, Value], Value]


class Fold(NamedTuple):
    """What a reduction does.

    Attributes:
        begin: the result of nothing.
        join: of two partial results.
        of: what counts of an element.
        finish: the result, from the total and how many elements there were.
        precise: whether partial results are joined in float64.
    """

    begin: float
    join: Join
    of: Callable[[Emitter, Value], Value] = lambda v, x: x
    finish: Callable[[Emitter, Value, Value], Value] = lambda v, total, count: total
    precise: bool = True


def _add(v: Emitter, x: Value, y: Value) -> Value:
    return x + y


def _most(v: Emitter, x: Value, y: Value) -> Value:
    return v.maximum(x, y)


def _least(v: Emitter, x: Value, y: Value) -> Value:
    return v.minimum(x, y)


FOLDS = {
    "sum": Fold(0.0, _add),
    "mean": Fold(0.0, _add, finish=lambda v, total, count: total / count),
    "amax": Fold(-inf, _most, precise=False),
    "amin": Fold(inf, _least, precise=False),
    "norm 1": Fold(0.0, _add, of=lambda v, x: v.abs(x)),
    "norm 2": Fold(0.0, _add, of=lambda v, x: x * x, finish=lambda v, total, count: v.sqrt(total)),
    "norm inf": Fold(0.0, _most, of=lambda v, x: v.abs(x), precise=False),
    # 0 times NaN or infinity is NaN, and so is any sum with it.
    "finite": Fold(
        0.0, _add, of=lambda v, x: x * 0.0, finish=lambda v, total, count: ~total.is_nan()
    ),
}


class Nest(NamedTuple):
    """Lengths of the axes."""

    k0: int
    r0: int
    k1: int
    r1: int


def reduced(rule: str, x: Array, y: Array, nest: Nest) -> None:
    """Y = rule(x); x lies as the nest says, y as K0 K1."""
    k0, r0, k1, r1 = nest
    if r1 == 1:
        width = min(k1, WIDTH)
        height = max(1, BLOCK // width)
        blocks, across = -(-r0 // height), -(-k1 // width)
        pieces, make = k0 * blocks * across, _columns
    else:
        width = min(r1, BLOCK)
        height, across = max(1, BLOCK // width), -(-r1 // width)
        blocks = r0 * across
        pieces, make = -(-k0 * r0 * k1 // height) * across, _lines
    with temporary(k0 * blocks * k1 * FLOAT) as partial:
        plan = Plan(address(x), partial, address(y), k0, r0, k1, r1, width, height, blocks, across)
        run(make(rule, name_of(x)), pieces, plan)
        run(_together(rule, name_of(y)), -(-k0 * k1 // WIDTH), plan)


class Plan(NamedTuple):
    """Blocks of height x width elements, `across` of them beside each other."""

    x: int
    partial: int
    y: int
    k0: int
    r0: int
    k1: int
    r1: int
    width: int
    height: int
    blocks: int
    across: int


def _smaller(v: Emitter, x: Value, y: Value) -> Value:
    return v.select(x < y, x, y)


def _tree(v: Emitter, join: Join, values: list[Value]) -> Value:
    """All values joined by pairs, which rounds less than one after the other."""
    while len(values) > 1:
        pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
        values = [join(v, *pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return values[0]


@cache
def _columns(rule: str, dtype: str) -> Task:
    """A block of rows, column by column: the partial results lie as K0 blocks K1."""
    how, size = FOLDS[rule], SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        first = index % p.across * p.width
        block = index // p.across % p.blocks
        outer = index // (p.across * p.blocks)
        width = _smaller(v, p.k1 - first, p.width)
        height = _smaller(v, p.r0 - block * p.height, p.height)
        x = p.x + ((outer * p.r0 + block * p.height) * p.k1 + first) * size
        out = p.partial + ((outer * p.blocks + block) * p.k1 + first) * FLOAT

        def begin(c: Value, mask: Value | None) -> None:
            v.store(v.splat(how.begin), out + c * FLOAT, mask)

        def add(row: Value, many: int, c: Value, mask: Value | None) -> None:
            here = x + (row * p.k1 + c) * size
            values = [
                how.of(v, read(v, here + p.k1 * (size * i), dtype, mask)) for i in range(many)
            ]
            place = out + c * FLOAT
            v.store(how.join(v, v.load(place, mask=mask), _tree(v, how.join, values)), place, mask)

        v.each(width, begin)
        over_rows(v, height, width, AT_ONCE, add)

    @task(Plan, f"{rule}-{dtype}")
    def columns(index: int, memory: int, p: Plan) -> None:
        code(index, p)

    return columns


@cache
def _lines(rule: str, dtype: str) -> Task:
    """A part of each of several lines: one partial result for each."""
    how, size = FOLDS[rule], SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        part, first = index % p.across, index // p.across * p.height
        start = part * p.width
        width = _smaller(v, p.r1 - start, p.width)
        lines = _smaller(v, p.k0 * p.r0 * p.k1 - first, p.height)
        groups = width // (AT_ONCE * v.lanes)
        done = groups * (AT_ONCE * v.lanes)

        def line(number: Value, _: list[Value]) -> list[Value]:
            place = p.x + ((first + number) * p.r1 + start) * size

            def vector(i: Value, mask: Value | None) -> Value:
                return how.of(v, read(v, place + i * size, dtype, mask))

            def group(i: Value, values: list[Value]) -> list[Value]:
                begin = i * (AT_ONCE * v.lanes)
                several = [vector(begin + v.lanes * j, None) for j in range(AT_ONCE)]
                return [how.join(v, values[0], _tree(v, how.join, several))]

            def rest(i: Value, mask: Value | None, values: list[Value]) -> list[Value]:
                x = kept(v, mask, vector(done + i, mask), how.begin)
                return [how.join(v, values[0], x)]

            (total,) = v.loop(groups, [v.splat(how.begin)], group)
            (total,) = fold(v, width - done, [total], rest)
            # Lines are K0 R0 K1, partial results K0 R0 across K1.
            outer, inner = (first + number) // p.k1, (first + number) % p.k1
            out = p.partial + ((outer * p.across + part) * p.k1 + inner) * FLOAT
            v.store(v.fold(total, lambda x, y: how.join(v, x, y)), out)
            return []

        v.loop(lines, [], line)

    @task(Plan, f"{rule}-{dtype}")
    def lines(index: int, memory: int, p: Plan) -> None:
        code(index, p)

    return lines


@cache
def _together(rule: str, dtype: str) -> Task:
    """The partial results K0 blocks K1 to K0 K1, each to the result."""
    how = FOLDS[rule]
    precision = "float64" if how.precise else "float32"

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        count = v.splat((p.r0 * p.r1).as_float())
        first = index * WIDTH
        end = _smaller(v, first + WIDTH, p.k0 * p.k1)
        start = first // p.k1
        rows = (end - 1) // p.k1 - start + 1

        def row(number: Value, _: list[Value]) -> list[Value]:
            outer = start + number
            left = _larger(v, first, outer * p.k1) - outer * p.k1
            right = _smaller(v, end, (outer + 1) * p.k1) - outer * p.k1

            def columns(i: Value, mask: Value | None) -> None:
                c = left + i

                def add(block: Value, values: list[Value]) -> list[Value]:
                    place = p.partial + ((outer * p.blocks + block) * p.k1 + c) * FLOAT
                    x = v.load(place, mask=mask)
                    return [how.join(v, values[0], x.to("float64") if how.precise else x)]

                (total,) = v.loop(p.blocks, [v.splat(how.begin, precision)], add)
                total = total.to("float32") if how.precise else total
                result = encoded(v, how.finish(v, total, count), dtype)
                v.store(result, p.y + (outer * p.k1 + c) * STORED[dtype][1], mask)

            v.each(right - left, columns)
            return []

        v.loop(rows, [], row)

    @task(Plan, f"{rule}-{dtype}")
    def together(index: int, memory: int, p: Plan) -> None:
        code(index, p)

    return together


def _larger(v: Emitter, x: Value, y: Value) -> Value:
    return v.select(x < y, y, x)
