"""Group norm and its gradient, sample by sample: N rows C with C in groups of neighbours."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu import row_norm
from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.batch_norm import (
    AT_ONCE,
    FLOAT,
    LINES,
    SUMS,
    Operand,
    inverse_root,
    sums_around,
)
from dlcore.kernels.cpu.group_norm_plan import DOUBLE, SUMMED, Groups
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.lines import each_line, fold, kept
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.rows import BLOCK, over_rows, tree_sum
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

CHANNELS = 64  # of a piece where sums of pieces are put together


class Totals(NamedTuple):
    """Sums of all pieces, and where the gradients of weight and bias go."""

    sums: int
    pieces: int
    channels: int
    dweight: int
    dbias: int


def forward(
    x: Array,
    weight: Operand,
    bias: Operand,
    y: Array,
    mean: Array,
    variance: Array,
    groups: int,
    eps: float,
) -> None:
    """Statistics of x (N ... C), and y."""
    samples, rows, channels, height = _cut(x)
    plan = Groups(
        address(x), 0, address(y), address(mean), address(variance), address(weight),
        address(bias), 0, samples, rows, channels, groups, height, eps,
    )  # fmt: skip
    make = row_norm.forward if rows * groups == 1 else _forward
    kernel = make(name_of(x), name_of(weight), name_of(bias))
    run(kernel, -(-samples // height), plan, memory=(SUMS + LINES) * channels * FLOAT)


def backward(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Operand,
    dx: Array,
    dweight: Array,
    dbias: Array,
    groups: int,
    eps: float,
) -> None:
    """Gradients for N ... C."""
    samples, rows, channels, height = _cut(x)
    pieces = -(-samples // height)
    with temporary(SUMMED * channels * DOUBLE * pieces) as sums:
        plan = Groups(
            address(x), address(dy), address(dx), address(mean), address(variance),
            address(weight), 0, sums, samples, rows, channels, groups, height, eps,
        )  # fmt: skip
        make = row_norm.backward if rows * groups == 1 else _backward
        kernel = make(name_of(x), name_of(weight), name_of(mean))
        run(kernel, pieces, plan, memory=(SUMMED * 2 + 4) * channels * FLOAT)
        totals = Totals(sums, pieces, channels, address(dweight), address(dbias))
        run(_totals(), -(-channels // CHANNELS), totals)


def _cut(x: Array) -> tuple[int, int, int, int]:
    """Samples, rows of each, channels, and samples of a piece."""
    samples, channels = x.shape[0], x.shape[-1]
    rows = x.size // (samples * channels)
    return samples, rows, channels, max(1, BLOCK // (rows * channels))


def _each_group(
    v: Emitter, p: Any, sample: Value, body: Callable[[Value, Value, Value], None]
) -> None:
    """body(number among all samples', its first channel, how many it has) for a sample's groups."""
    size = p.channels // p.groups

    def one(group: Value, _: list[Value]) -> list[Value]:
        body(sample * p.groups + group, group * size, size)
        return []

    v.loop(p.groups, [], one)


def _line(place: Value, p: Any, number: int, c: Value) -> Value:
    """Where channel c of a line of float32 is."""
    where: Value = place + (p.channels * number + c) * FLOAT
    return where


@cache
def _forward(dtype: str, weight: str, bias: str) -> Task:
    size = SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        lines = memory + p.channels * (SUMS * FLOAT)

        def statistics(group: Value, first: Value, channels: Value) -> None:
            rows = v.splat(p.rows.as_float("float64"))
            all_of_it = (p.rows * channels).as_float("float64")
            nothing = v.splat(0.0, "float64")

            def sums(i: Value, mask: Value | None) -> list[Value]:
                """Mean and sum of squares around it, of each channel."""
                total, squares, around = (
                    v.load(_line(memory, p, number, first + i), mask=mask).to("float64")
                    for number in range(SUMS)
                )
                return [around + total / rows, squares - total * total / rows]

            def among(mask: Value | None, x: Value) -> Value:
                return x if mask is None else v.select(mask, x, nothing)

            def add(i: Value, mask: Value | None, now: list[Value]) -> list[Value]:
                return [now[0] + among(mask, sums(i, mask)[0] * rows)]

            (total,) = fold(v, channels, [nothing], add)
            mean = v.splat(v.sum(total) / all_of_it)

            def spread(i: Value, mask: Value | None, now: list[Value]) -> list[Value]:
                own, squares = sums(i, mask)
                return [now[0] + among(mask, squares + (own - mean) * (own - mean) * rows)]

            (squares,) = fold(v, channels, [nothing], spread)
            variance = v.splat(v.sum(squares) / all_of_it)
            variance = v.select(variance < 0.0, nothing, variance).to("float32")
            means, first_lane = mean.to("float32"), v.tail(group * 0 + 1)
            v.store(means, p.mean + group * FLOAT, first_lane)
            v.store(variance, p.variance + group * FLOAT, first_lane)
            inverse = inverse_root(v, variance, p.eps)

            def numbers(i: Value, mask: Value | None) -> None:
                c, scale, shift = first + i, inverse, v.splat(0.0)
                if weight:
                    scale = scale * read(v, p.weight + c * SIZES[weight], weight, mask)
                if bias:
                    shift = read(v, p.bias + c * SIZES[bias], bias, mask)
                for number, value in enumerate((means, scale, shift)):
                    v.store(value, _line(lines, p, number, c), mask)

            v.each(channels, numbers)

        def sample(number: Value) -> None:
            begin = number * p.rows * p.channels * size
            sums_around(v, p.x + begin, memory, p.rows, p.channels, dtype)
            _each_group(v, p, number, statistics)

            def apply(row: Value, many: int, c: Value, mask: Value | None) -> None:
                mean, scale, shift = (v.load(_line(lines, p, i, c), mask=mask) for i in range(3))
                place = begin + (row * p.channels + c) * size
                for _ in range(many):
                    y = v.fma(read(v, p.x + place, dtype, mask) - mean, scale, shift)
                    write(v, y, p.y + place, dtype, mask)
                    place = place + p.channels * size

            over_rows(v, p.rows, p.channels, AT_ONCE // 2, apply)

        each_line(v, index, p.height, p.samples, sample)

    @task(Groups, f"{dtype}-{weight}-{bias}")
    def group_norm(index: int, memory: int, p: Groups) -> None:
        code(index, memory, p)

    return group_norm


@cache
def _backward(dtype: str, weight: str, statistics: str) -> Task:
    size, parts = SIZES[dtype], SUMMED * 2 if weight else SUMMED

    @vector_code(host())
    def code(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        # Sums of dy and of dy (x - mean); behind a weight w, of w dy and of w dy (x - mean), too.
        lines = memory + p.channels * (SUMMED * 2 * FLOAT)  # mean, scale, what is taken off, slope
        sums = p.sums + index * p.channels * (SUMMED * DOUBLE)

        def weights(c: Value, mask: Value | None) -> Value:
            if not weight:
                return v.splat(1.0)
            return read(v, p.weight + c * SIZES[weight], weight, mask)

        def of_group(place: Value, group: Value) -> Value:
            return v.broadcast(place + group * SIZES[statistics], statistics)

        def begin(group: Value, first: Value, channels: Value) -> None:
            mean = of_group(p.mean, group)

            def clear(i: Value, mask: Value | None) -> None:
                for number in range(parts):
                    v.store(v.splat(0.0), _line(memory, p, number, first + i), mask)
                v.store(mean, _line(lines, p, 0, first + i), mask)

            v.each(channels, clear)

        def finish(group: Value, first: Value, channels: Value) -> None:
            inverse = inverse_root(v, of_group(p.variance, group), p.eps)
            count = v.splat((p.rows * channels).as_float())

            def pair(begin: int, c: Value, mask: Value | None) -> list[Value]:
                of_dy, product = (
                    v.load(_line(memory, p, begin + i, c), mask=mask) for i in range(SUMMED)
                )
                return [of_dy, product * inverse]

            def add(i: Value, mask: Value | None, now: list[Value]) -> list[Value]:
                weighted = pair(parts - SUMMED, first + i, mask)
                return [
                    total + kept(v, mask, x, 0.0) for total, x in zip(now, weighted, strict=True)
                ]

            totals = fold(v, channels, [v.splat(0.0)] * 2, add)
            of_g, of_gh = (v.splat(v.sum(total)) / count for total in totals)

            def numbers(i: Value, mask: Value | None) -> None:
                c = first + i
                values = weights(c, mask) * inverse, of_g * inverse, of_gh * inverse * inverse
                for number, value in enumerate(values, 1):
                    v.store(value, _line(lines, p, number, c), mask)
                for number, value in enumerate(pair(0, c, mask)):
                    place = sums + (p.channels * number + c) * DOUBLE
                    v.store(v.load(place, "float64", mask) + value.to("float64"), place, mask)

            v.each(channels, numbers)

        def sample(number: Value) -> None:
            start = number * p.rows * p.channels * size

            def add(row: Value, many: int, c: Value, mask: Value | None) -> None:
                mean, place = v.load(_line(lines, p, 0, c), mask=mask), row * p.channels + c
                terms: list[list[Value]] = [[] for _ in range(parts)]
                w = weights(c, mask)
                for i in range(many):
                    here = start + (place + p.channels * i) * size
                    dy, h = (read(v, array + here, dtype, mask) for array in (p.dy, p.x))
                    h = h - mean
                    values = [dy, dy * h, dy * w, dy * w * h]
                    for several, value in zip(terms, values, strict=False):
                        several.append(value)
                for line, several in enumerate(terms):
                    target = _line(memory, p, line, c)
                    v.store(v.load(target, mask=mask) + tree_sum(several), target, mask)

            def apply(row: Value, many: int, c: Value, mask: Value | None) -> None:
                mean, scale, off, slope = (
                    v.load(_line(lines, p, i, c), mask=mask) for i in range(4)
                )
                for i in range(many):
                    here = start + (row * p.channels + p.channels * i + c) * size
                    h = read(v, p.x + here, dtype, mask) - mean
                    dx = read(v, p.dy + here, dtype, mask) * scale - v.fma(h, slope, off)
                    write(v, dx, p.y + here, dtype, mask)

            _each_group(v, p, number, begin)
            over_rows(v, p.rows, p.channels, AT_ONCE, add)
            _each_group(v, p, number, finish)
            over_rows(v, p.rows, p.channels, AT_ONCE // 2, apply)

        def clear(c: Value, mask: Value | None) -> None:
            for number in range(SUMMED):
                place = sums + (p.channels * number + c) * DOUBLE
                v.store(v.splat(0.0, "float64"), place, mask)

        v.each(p.channels, clear)
        each_line(v, index, p.height, p.samples, sample)

    @task(Groups, f"{dtype}-{weight}-{statistics}")
    def group_gradient(index: int, memory: int, p: Groups) -> None:
        code(index, memory, p)

    return group_gradient


@cache
def _totals() -> Task:
    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        first = index * CHANNELS
        left = p.channels - first

        def channel(i: Value, mask: Value | None) -> None:
            c = first + i

            def add(piece: Value, now: list[Value]) -> list[Value]:
                place = p.sums + (piece * p.channels * SUMMED + c) * DOUBLE
                return [
                    total + v.load(place + p.channels * (number * DOUBLE), "float64", mask)
                    for number, total in enumerate(now)
                ]

            totals = v.loop(p.pieces, [v.splat(0.0, "float64")] * SUMMED, add)
            for total, place in zip(totals, (p.dbias, p.dweight), strict=True):
                v.store(total.to("float32"), place + c * FLOAT, mask)

        v.each(v.select(left < CHANNELS, left, left * 0 + CHANNELS), channel)

    @task(Totals)
    def group_totals(index: int, memory: int, p: Totals) -> None:
        code(index, p)

    return group_totals
