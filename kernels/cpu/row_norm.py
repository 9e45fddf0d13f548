"""Layer norm: each row is one group, whose numbers stay in the first cache for all passes."""

from __future__ import annotations

from functools import cache
from typing import Any

from dlcore.kernels.cpu.batch_norm import FLOAT, inverse_root
from dlcore.kernels.cpu.group_norm_plan import DOUBLE, SUMMED, Groups
from dlcore.kernels.cpu.lines import each_line, fold, kept
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value


@cache
def forward(dtype: str, weight: str, bias: str) -> Task:
    """Statistics of rows, mean first, and the normalised rows."""
    size = SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        def row(number: Value) -> None:
            begin = number * p.channels * size

            def x(i: Value, mask: Value | None) -> Value:
                return read(v, p.x + begin + i * size, dtype, mask)

            def add(i: Value, mask: Value | None, now: list[Value]) -> list[Value]:
                return [now[0] + x(i, mask)]

            mean = _average(v, fold(v, p.channels, [v.splat(0.0)], add)[0], p.channels)

            def spread(i: Value, mask: Value | None, now: list[Value]) -> list[Value]:
                h = kept(v, mask, x(i, mask) - mean, 0.0)
                return [v.fma(h, h, now[0])]

            variance = _average(v, fold(v, p.channels, [v.splat(0.0)], spread)[0], p.channels)
            inverse, first_lane = inverse_root(v, variance, p.eps), v.tail(number * 0 + 1)
            v.store(mean, p.mean + number * FLOAT, first_lane)
            v.store(variance, p.variance + number * FLOAT, first_lane)

            def apply(i: Value, mask: Value | None) -> None:
                scale, shift = inverse, v.splat(0.0)
                if weight:
                    scale = scale * read(v, p.weight + i * SIZES[weight], weight, mask)
                if bias:
                    shift = read(v, p.bias + i * SIZES[bias], bias, mask)
                y = v.fma(x(i, mask) - mean, scale, shift)
                write(v, y, p.y + begin + i * size, dtype, mask)

            v.each(p.channels, apply)

        each_line(v, index, p.height, p.samples, row)

    @task(Groups, f"{dtype}-{weight}-{bias}")
    def row_norm(index: int, memory: int, p: Groups) -> None:
        code(index, p)

    return row_norm


@cache
def backward(dtype: str, weight: str, statistics: str) -> Task:
    """The gradient of rows, and each piece's sums for those of weight and bias."""
    size = SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        sums = p.sums + index * p.channels * (SUMMED * DOUBLE)

        def line(number: int, i: Value) -> Value:
            place: Value = memory + (p.channels * number + i) * FLOAT
            return place

        def row(number: Value) -> None:
            begin = number * p.channels * size
            mean, variance = (
                v.broadcast(place + number * SIZES[statistics], statistics)
                for place in (p.mean, p.variance)
            )
            inverse = inverse_root(v, variance, p.eps)

            def both(i: Value, mask: Value | None) -> tuple[Value, Value, Value]:
                """dy, dy weight, h."""
                dy, x = (read(v, z + begin + i * size, dtype, mask) for z in (p.dy, p.x))
                g = dy
                if weight:
                    g = g * read(v, p.weight + i * SIZES[weight], weight, mask)
                return dy, g, (x - mean) * inverse

            def add(i: Value, mask: Value | None, now: list[Value]) -> list[Value]:
                dy, g, h = both(i, mask)
                for number, value in enumerate((dy, dy * h)):
                    place = line(number, i)
                    v.store(v.load(place, mask=mask) + value, place, mask)
                return [now[0] + kept(v, mask, g, 0.0), now[1] + kept(v, mask, g * h, 0.0)]

            totals = fold(v, p.channels, [v.splat(0.0)] * 2, add)
            of_g, of_gh = (_average(v, total, p.channels) for total in totals)

            def apply(i: Value, mask: Value | None) -> None:
                _, g, h = both(i, mask)
                dx = (g - of_g - h * of_gh) * inverse
                write(v, dx, p.y + begin + i * size, dtype, mask)

            v.each(p.channels, apply)

        def clear(i: Value, mask: Value | None) -> None:
            for number in range(SUMMED):
                v.store(v.splat(0.0), line(number, i), mask)

        def hand_over(i: Value, mask: Value | None) -> None:
            for number in range(SUMMED):
                place = sums + (p.channels * number + i) * DOUBLE
                v.store(v.load(line(number, i), mask=mask).to("float64"), place, mask)

        v.each(p.channels, clear)
        each_line(v, index, p.height, p.samples, row)
        v.each(p.channels, hand_over)

    @task(Groups, f"{dtype}-{weight}-{statistics}")
    def row_gradient(index: int, memory: int, p: Groups) -> None:
        code(index, memory, p)

    return row_gradient


def _average(v: Emitter, total: Value, count: Value) -> Value:
    """The sum of the lanes over the count, in all lanes."""
    return v.splat((v.sum(total.to("float64")) / count.as_float("float64")).to("float32"))
