"""Whether all values are finite, and what a loss scale does then."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run, untapeable
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.reduce import along
from dlcore.kernels.cpu.rows import in_rows
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.task import Task, task


def all_finite(x: Array, flag: Array) -> None:
    if x.size:
        along("finite", x, flag, tuple(range(x.ndim)))
    else:
        untapeable()
        flag[...] = True


def update_scale(
    scale: Array,
    streak: Array,
    finite: Array,
    new_scale: Array,
    new_streak: Array,
    *,
    growth_factor: float,
    backoff_factor: float,
    growth_interval: int,
) -> None:
    numbers = growth_interval, growth_factor, backoff_factor
    in_rows(partial(_update, numbers), [scale, streak, finite], [new_scale, new_streak])


def _update(numbers: tuple[int, float, float], *arrays: Array) -> None:
    run(_kernel(), 1, (*map(address, arrays), *numbers))


class Scale(NamedTuple):
    """A loss scale and the count of good steps, before and after."""

    scale: int
    streak: int
    finite: int
    new_scale: int
    new_streak: int
    interval: int
    growth: float
    backoff: float


@cache
def _kernel() -> Task:
    @vector_code(host())
    def code(v: Emitter, p: Any) -> None:
        scale, finite = v.number(p.scale), ~v.number(p.finite, "uint8").equals(0)
        good = v.number(p.streak, "int32") + 1
        full = good.equals(p.interval.to("int32"))
        grown = scale * p.growth
        grown = v.select(v.abs(grown) < float("inf"), grown, scale)
        new = v.select(full, grown, scale)
        v.store(v.select(finite, new, scale * p.backoff), p.new_scale)
        v.store(v.select(finite & ~full, good, good * 0), p.new_streak)

    @task(Scale)
    def scale(index: int, memory: int, p: Scale) -> None:
        code(p)

    return scale
