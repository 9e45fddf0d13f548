"""Narrow groups joined to wider ones, whose weights between different groups are 0.

Vectors run over the channels of a group. As long as a vector has room for several groups, doing
them together costs what one of them does. A NaN then reaches the other groups, as 0 times NaN, as
it may in the padding of a window; 1x1 kernels have none, and their groups stay apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.direct_tile import LANES
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Pair


class Sizes(NamedTuple):
    """Of weights O R S C/G: R S taps, so many groups `joined` to one."""

    outputs: int
    taps: int
    inputs: int
    group_outputs: int
    joined: int


class Plan(NamedTuple):
    """Addresses of the weights of single groups and of joined ones, and `Sizes`."""

    narrow: int
    wide: int
    outputs: int
    taps: int
    inputs: int
    group_outputs: int
    joined: int


@cache
def sizes(outputs: int, kernel: Pair, inputs: int, groups: int) -> Sizes:
    """How many groups to take together, and what there is."""
    widest = max(inputs, outputs // groups)
    if kernel == (1, 1):
        return Sizes(outputs, 1, inputs, outputs // groups, 1)
    fitting = (n for n in range(2, groups + 1) if groups % n == 0 and n * widest <= LANES)
    joined = max(fitting, default=1)
    return Sizes(outputs, kernel[0] * kernel[1], inputs, outputs // groups, joined)


@cache
def _spread(dtype: str, back: bool) -> Task:
    """Narrow groups' weights to wide ones, or `back`."""
    size, kind = SIZES[dtype], "float32" if dtype == "float32" else "uint16"

    @vector_code(host())
    def move(
        v: Emitter, source: Value, first: Value, last: Value, target: Value, count: Value
    ) -> None:
        """Numbers first ... last - 1 of a vector, 0 for the others, to the first `count` places."""
        mask = v.tail(last) & ~v.tail(first)
        v.store(v.load(source, kind, mask), target, v.tail(count))

    @task(Plan, f"{dtype}.back" if back else dtype)
    def spread(index: int, memory: int, p: Plan) -> None:
        width, wide = p.inputs * size, p.inputs * p.joined * size
        for line in range(p.outputs * p.taps):
            first = line // p.taps // p.group_outputs % p.joined * p.inputs
            narrow, place = p.narrow + line * width, p.wide + line * wide
            if back:
                move(place + first * size, 0, p.inputs, narrow, p.inputs)
            else:
                end = first + p.inputs
                move(narrow - first * size, first, end, place, p.inputs * p.joined)

    return spread


@contextmanager
def spread(dtype: str, weight: int, sizes: Sizes) -> Iterator[int]:
    """The address of the joined groups' weights, read from single ones at an address."""
    if sizes.joined == 1:
        yield weight
        return
    with temporary(_bytes(dtype, sizes)) as wide:
        run(_spread(dtype, False), 1, Plan(weight, wide, *sizes))
        yield wide


@contextmanager
def collected(dtype: str, weight: int, sizes: Sizes) -> Iterator[int]:
    """An address for the joined groups' weights, from which single ones are filled afterwards."""
    if sizes.joined == 1:
        yield weight
        return
    with temporary(_bytes(dtype, sizes)) as wide:
        yield wide
        run(_spread(dtype, True), 1, Plan(weight, wide, *sizes))


def _bytes(dtype: str, sizes: Sizes) -> int:
    return sizes.outputs * sizes.taps * sizes.inputs * sizes.joined * SIZES[dtype]
