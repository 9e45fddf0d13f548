"""Softmax and its logarithm: lines along the axis, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu import functions as f
from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.lines import each_line, height_of, largest, total
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.rows import in_rows
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes


def softmax(x: Array, y: Array, *, axis: int) -> None:
    _run("softmax", [x], y, axis)


def softmax_gradient(dy: Array, y: Array, dx: Array, *, axis: int) -> None:
    _run("softmax_gradient", [dy, y], dx, axis)


def log_softmax(x: Array, y: Array, *, axis: int) -> None:
    _run("log_softmax", [x], y, axis)


def log_softmax_gradient(dy: Array, y: Array, dx: Array, *, axis: int) -> None:
    _run("log_softmax_gradient", [dy, y], dx, axis)


def _run(name: str, inputs: list[Array], out: Array, axis: int) -> None:
    if not out.size:
        return
    if not out.ndim:
        inputs, out, axis = [x[None] for x in inputs], out[None], 0
    arrays = [np.moveaxis(x, axis, -1) for x in (*inputs, out)]
    in_rows(partial(_lines, name), arrays[:-1], arrays[-1:])


def _lines(name: str, *arrays: Array) -> None:
    length = arrays[-1].shape[-1]
    count = arrays[-1].size // length
    height = height_of(length)
    plan = Lines(
        address(arrays[0]), address(arrays[-2]), address(arrays[-1]), length, count, height
    )
    kernel = _kernel(name, name_of(arrays[-1]))
    run(kernel, -(-count // height), plan, memory=length * FLOAT)


class Lines(NamedTuple):
    """So many lines of `length` numbers: x or dy, y, and the result."""

    x: int
    y: int
    out: int
    length: int
    lines: int
    height: int


class Line(NamedTuple):
    """One line: where its numbers are, and memory for as many float32 ones."""

    v: Emitter
    x: Value
    y: Value
    out: Value
    length: Value
    memory: Value
    dtype: str

    def read(self, place: Value, i: Value, mask: Value | None) -> Value:
        """A vector of x or y."""
        return read(self.v, place + i * SIZES[self.dtype], self.dtype, mask)

    def fill(self, result: Callable[[Value, Value | None], Value]) -> None:
        """out = result(i, mask)."""

        def step(i: Value, mask: Value | None) -> None:
            place = self.out + i * SIZES[self.dtype]
            write(self.v, result(i, mask), place, self.dtype, mask)

        self.v.each(self.length, step)

    def total(self, term: Callable[[Value, Value | None], Value]) -> Value:
        """The sum of term(i, mask), in all lanes."""
        return total(self.v, self.length, term)


def _softmax(line: Line) -> None:
    v, most = line.v, largest(line.v, line.x, line.length, line.dtype)

    def power(i: Value, mask: Value | None) -> Value:
        result = f.exp(v, line.read(line.x, i, mask) - most)
        v.store(result, line.memory + i * FLOAT, mask)
        return result

    total = line.total(power)
    line.fill(lambda i, mask: v.load(line.memory + i * FLOAT, mask=mask) / total)


def _softmax_gradient(line: Line) -> None:
    def product(i: Value, mask: Value | None) -> Value:
        return line.read(line.x, i, mask) * line.read(line.y, i, mask)

    total = line.total(product)
    line.fill(lambda i, mask: line.read(line.y, i, mask) * (line.read(line.x, i, mask) - total))


def _log_softmax(line: Line) -> None:
    v, most = line.v, largest(line.v, line.x, line.length, line.dtype)
    total = line.total(lambda i, mask: f.exp(v, line.read(line.x, i, mask) - most))
    log = f.log(v, total)
    line.fill(lambda i, mask: line.read(line.x, i, mask) - most - log)


def _log_softmax_gradient(line: Line) -> None:
    total = line.total(lambda i, mask: line.read(line.x, i, mask))

    def result(i: Value, mask: Value | None) -> Value:
        return line.read(line.x, i, mask) - f.exp(line.v, line.read(line.y, i, mask)) * total

    line.fill(result)


_BODIES: dict[str, Callable[[Line], None]] = {
    "softmax": _softmax,
    "softmax_gradient": _softmax_gradient,
    "log_softmax": _log_softmax,
    "log_softmax_gradient": _log_softmax_gradient,
}


@cache
def _kernel(name: str, dtype: str) -> Task:
    @vector_code(host())
    def code(v: Emitter, index: Value, memory: Value, p: Any) -> None:
        def line(number: Value) -> None:
            x, y, out = (place + number * p.length * SIZES[dtype] for place in (p.x, p.y, p.out))
            _BODIES[name](Line(v, x, y, out, p.length, memory, dtype))

        each_line(v, index, p.height, p.lines, line)

    @task(Lines, f"{name}-{dtype}")
    def lines(index: int, memory: int, p: Lines) -> None:
        code(index, memory, p)

    return lines
