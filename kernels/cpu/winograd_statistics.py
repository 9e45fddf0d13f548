"""Mean and variance of a convolution's outputs, from sums that blocks of tiles have left.

Each block's are around a number of its own, so that a mean far from zero costs no digits; they are
put together in float64.
Source: Chan, Golub and LeVeque, Algorithms for computing the sample variance, 1983.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.task import task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.cpu.winograd_finish import STATISTICS
from dlcore.kernels.cpu.winograd_tiles import vectors


class Statistics(NamedTuple):
    """Plan: the blocks' lines of `channels` float32 numbers, and what comes of them."""

    sums: int
    blocks: int
    channels: int
    mean: int
    variance: int


def statistics(sums: int, blocks: int, channels: int, mean: int, variance: int) -> None:
    """Mean and biased variance, float32, of each channel."""
    plan = Statistics(sums, blocks, channels, mean, variance)
    run(_statistics, vectors(channels), plan)


@vector_code(host())
def note(v: Emitter, line: Value, channels: Value, number: Value) -> None:
    """A line of one number, for all channels."""
    v.each(channels, lambda c, mask: v.store(v.splat(number), line + c * 4, mask))


@vector_code(host())
def _merge(v: Emitter, index: Value, p: Any) -> None:
    line, offset = p.channels * 4, index * (4 * v.lanes)
    mask = v.tail(p.channels - index * v.lanes)
    zero = v.splat(0.0, "float64")

    def block(number: Value) -> tuple[Value, Value, Value]:
        """How many numbers, their mean, and the sum of squares around it."""
        place = p.sums + number * (line * STATISTICS) + offset
        total, squares, around, count = (
            v.load(place + line * i, mask=mask).to("float64") for i in range(STATISTICS)
        )
        return count, around + total / count, squares - total * total / count

    def add(number: Value, values: list[Value]) -> list[Value]:
        count, mean, _ = block(number)
        return [values[0] + count, values[1] + count * mean]

    def spread(number: Value, values: list[Value]) -> list[Value]:
        count, own, squares = block(number)
        return [values[0] + squares + count * (own - mean) * (own - mean)]

    count, total = v.loop(p.blocks, [zero, zero], add)
    mean = total / count
    (squares,) = v.loop(p.blocks, [zero], spread)
    variance = squares / count
    variance = v.select(variance < 0.0, zero, variance)
    v.store(mean.to("float32"), p.mean + offset, mask)
    v.store(variance.to("float32"), p.variance + offset, mask)


@task(Statistics)
def _statistics(index: int, memory: int, p: Statistics) -> None:
    _merge(index, p)
