"""One step of an optimizer over a stretch of parameters, in one pass."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run, untapeable
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.rows import in_rows
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.updates import RULES
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.numpy import optim as by_numpy

BLOCK = 1 << 14  # elements of a piece
HEAD = ("slots", "scale", "finite", "count")
NUMBER = 8  # bytes of a number in the slots


def update(
    parameter: Array,
    gradient: Array,
    slots: Array,
    scale: Array,
    finite: Array,
    *arrays: Array,
    rule: str,
    maximize: bool,
) -> None:
    if rule not in RULES:  # it takes norms
        untapeable()
        by_numpy.update(
            parameter, gradient, slots, scale, finite, *arrays, rule=rule, maximize=maximize
        )
        return
    states = len(arrays) // 2
    reads = [slots, scale, finite, parameter, gradient, *arrays[:states]]
    in_rows(partial(_update, rule=rule, maximize=maximize), reads, arrays[states:])


def _update(
    slots: Array, scale: Array, finite: Array, *arrays: Array, rule: str, maximize: bool
) -> None:
    count = arrays[0].size
    places = [address(x) for x in arrays]
    kernel = _kernel(rule, maximize, name_of(arrays[0]), len(slots) - 1, len(arrays))
    plan = (address(slots), address(scale), address(finite), count, *places)
    run(kernel, -(-count // BLOCK), plan)


def count_step(slots: Array, finite: Array, counted: Array) -> None:
    in_rows(_count_step, [slots, finite], [counted])


def _count_step(slots: Array, finite: Array, counted: Array) -> None:
    run(_counting(), 1, Count(address(slots), address(finite), address(counted), slots.size))


class Count(NamedTuple):
    """One more step in the first slot."""

    slots: int
    finite: int
    counted: int
    size: int


@cache
def _counting() -> Task:
    @vector_code(host())
    def code(v: Emitter, p: Any) -> None:
        def copy(i: Value, _: list[Value]) -> list[Value]:
            v.store(v.number(p.slots + i * NUMBER, "float64"), p.counted + i * NUMBER)
            return []

        one = v.number(p.finite, "uint8").as_float("float64")
        steps = v.number(p.slots, "float64") + one
        v.loop(p.size, [], copy)
        v.store(steps, p.counted)

    @task(Count)
    def count(index: int, memory: int, p: Count) -> None:
        code(p)

    return count


@cache
def _kernel(rule: str, maximize: bool, dtype: str, numbers: int, arrays: int) -> Task:
    """The arrays are parameter, gradient and state, then new parameter and state."""
    fields = [(name, int) for name in (*HEAD, *(f"array{i}" for i in range(arrays)))]
    plan: Any = NamedTuple("Plan", fields)  # type: ignore[misc]  # as many fields as it takes
    inputs, size = (arrays + 1) // 2, SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        steps, *slots = [v.number(p.slots + NUMBER * i, "float64") for i in range(1 + numbers)]
        step = RULES[rule](v, steps + 1.0, slots)
        scale = v.broadcast(p.scale) * (-1.0 if maximize else 1.0)
        finite = ~v.number(p.finite, "uint8").equals(0)
        begin = index * BLOCK
        left = p.count - begin
        places = [place + begin * size for place in p[len(HEAD) :]]

        def body(i: Value, mask: Value | None) -> None:
            old = [read(v, place + i * size, dtype, mask) for place in places[:inputs]]
            parameter, gradient, *state = old
            results = step(parameter, gradient / scale, *state)
            kept = zip(results, (parameter, *state), places[inputs:], strict=True)
            for new, before, place in kept:
                write(v, v.select(finite, new, before), place + i * size, dtype, mask)

        v.each(v.select(left < BLOCK, left, left * 0 + BLOCK), body)

    @task(plan, f"{rule}-{'maximize' if maximize else ''}-{dtype}")
    def update(index: int, memory: int, p: Any) -> None:
        code(index, p)

    return update
