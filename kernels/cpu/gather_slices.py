"""Tasks that copy and add slices, named by an index, in its order."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

MOST_LANES = 16
BITS = {2: "uint16", 4: "int32"}


class Slices(NamedTuple):
    """x (outer, length, inner) and lines (outer, count, inner), without gaps.

    A piece has `block` of all lines (`take_slices`) or of a line's elements (`put_slices`). `wrong`
    is room for an int64, which stays 0 if all indices are inside.
    """

    x: int
    indices: int
    lines: int
    outer: int
    inner: int
    length: int
    number: int
    block: int
    wrong: int


@cache
def take_slices(kind: str, size: int) -> Task:
    """The task that fills the lines, whose elements have `size` bytes."""

    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        def line(k: Value, _: list[Value]) -> list[Value]:
            number = index * p.block + k
            outer, place = number // p.number, number % p.number

            def copy(at: Value) -> None:
                source = p.x + (outer * p.length + at) * p.inner * size
                target = p.lines + number * p.inner * size

                def step(c: Value, mask: Value | None) -> None:
                    v.store(v.load(source + c * size, BITS[size], mask), target + c * size, mask)

                v.each(p.inner, step)

            _inside(v, p, kind, place, copy)
            return []

        rest = p.outer * p.number - index * p.block
        v.loop(v.select(rest < p.block, rest, p.block), [], line)

    @task(Slices, f"{kind}.{size}")
    def take_slices(index: int, memory: int, p: Slices) -> None:
        piece(index, p)

    return take_slices


@cache
def put_slices(kind: str, dtype: str, adds: bool) -> Task:
    """The task that puts the lines into x, or adds them.

    16-bit sums are float32, in memory: a float32 for each element of x that the piece has.
    """
    size, narrow = SIZES[dtype], adds and dtype != "float32"

    @vector_code(host())
    def piece(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        blocks = (p.inner + p.block - 1) // p.block
        outer, start = index // blocks, index % blocks * p.block
        width = v.select(p.inner - start < p.block, p.inner - start, p.block)
        x = p.x + (outer * p.length * p.inner + start) * size
        lines = p.lines + (outer * p.number * p.inner + start) * size
        sums, pitch = (memory, p.block * 4) if narrow else (x, p.inner * size)

        def widen(k: Value, _: list[Value]) -> list[Value]:
            def step(c: Value, mask: Value | None) -> None:
                number = read(v, x + (k * p.inner + c) * size, dtype, mask)
                v.store(number, sums + k * pitch + c * 4, mask)

            v.each(width, step)
            return []

        def narrow_again(k: Value, _: list[Value]) -> list[Value]:
            def step(c: Value, mask: Value | None) -> None:
                total = v.load(sums + k * pitch + c * 4, mask=mask)
                write(v, total, x + (k * p.inner + c) * size, dtype, mask)

            v.each(width, step)
            return []

        def line(place: Value, _: list[Value]) -> list[Value]:
            def put(at: Value) -> None:
                target, source = sums + at * pitch, lines + place * p.inner * size

                def step(c: Value, mask: Value | None) -> None:
                    if adds:
                        total = v.load(target + c * 4, mask=mask)
                        total = total + read(v, source + c * size, dtype, mask)
                        v.store(total, target + c * 4, mask)
                    else:
                        bits = v.load(source + c * size, BITS[size], mask)
                        v.store(bits, target + c * size, mask)

                v.each(width, step)

            _inside(v, p, kind, place, put)
            return []

        if narrow:
            v.loop(p.length, [], widen)
        v.loop(p.number, [], line)
        if narrow:
            v.loop(p.length, [], narrow_again)

    @task(Slices, f"{kind}.{dtype}.{'add' if adds else 'set'}")
    def put_slices(index: int, memory: int, p: Slices) -> None:
        piece(index, memory, p)

    return put_slices


def _inside(v: Emitter, p: Any, kind: str, place: Value, body: Any) -> None:
    """body(at) for the index at a place if it is one; else only `wrong` becomes 1."""
    at = v.number(p.indices + place * (4 if kind == "int32" else 8), kind)
    if kind == "int32":
        at = at.to("int64")  # a negative one becomes larger than any length

    def inside(_: list[Value]) -> list[Value]:
        body(at)
        return []

    def outside(_: list[Value]) -> list[Value]:
        v.store(at * 0 + 1, p.wrong)
        return []

    right = (at >= 0) & (at < p.length)
    v.when(right, [], inside)
    v.when(~right, [], outside)
