"""One pass over arrays of one shape, element by element: what pointwise kernels are made of.

Arrays may have any strides. Their axes are taken in the order of the first output's memory, and
neighbours that lie in one piece are made one axis; the innermost is gone through in vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from operator import mul
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.bits16 import narrow, widen
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import name_of
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

Body = Callable[[Emitter, list[Value], list[Value]], Sequence[Value]]
"""Vectors of the inputs and numbers, to vectors of the outputs."""

BLOCK = 1 << 15  # elements of a piece
AXES = 4  # that one task goes through

# How arrays store their elements, and the bytes of one. Vectors of bool are masks.
STORED = {
    "float32": ("float32", 4),
    "float16": ("uint16", 2),
    "bfloat16": ("uint16", 2),
    "bool": ("uint8", 1),
    "bits8": ("uint8", 1),
    "bits16": ("uint16", 2),
    "bits32": ("int32", 4),
    "bits64": ("int64", 8),
}


class Form(NamedTuple):
    """How one array is read or written.

    Args:
        dtype: a name of `STORED`.
        lie: how neighbours lie along the innermost axis: "near", "same" for a broadcast number, or
            "apart".
    """

    dtype: str
    lie: str

    def __str__(self) -> str:
        return f"{self.dtype}-{self.lie}"


class Schedule(NamedTuple):
    """How to go through arrays of certain shapes and strides.

    Attributes:
        forms: of the inputs, then of the outputs.
        pieces: how many.
        head: the first fields of the plan.
        steps: of each array, bytes along the innermost axis and along the three others.
    """

    forms: tuple[Form, ...]
    pieces: int
    head: tuple[int, ...]
    steps: tuple[tuple[int, ...], ...]


HEAD = ("length", "width", "across", "lines", "height", "second", "third")


def each(
    name: str,
    make: Callable[[], Body],
    inputs: Sequence[Array],
    outputs: Sequence[Array],
    numbers: Sequence[float] = (),
    dtypes: tuple[str, ...] = (),
) -> None:
    """outputs = body(inputs, numbers) for every element.

    An output may be an input of the same strides.

    Args:
        name: tells the body apart from all others.
        make: makes the body, when it is to be compiled.
        dtypes: names of `STORED` for all arrays, by default those of their own dtypes.
    """
    arrays = (*inputs, *outputs)
    shape = outputs[0].shape
    if 0 in shape:
        return
    dtypes = dtypes or tuple([name_of(array) for array in arrays])
    strides = tuple([array.strides for array in arrays])
    passes = _passes(name, make, shape, strides, dtypes, len(inputs), len(numbers))
    for kernel, schedule, offsets in passes:
        plan = list(schedule.head)
        for array, offset, steps in zip(arrays, offsets, schedule.steps, strict=True):
            plan += (address(array) + offset, *steps)
        run(kernel, schedule.pieces, (*plan, *numbers))


@lru_cache(maxsize=4096)
def _passes(
    name: str,
    make: Callable[[], Body],
    shape: tuple[int, ...],
    strides: tuple[tuple[int, ...], ...],
    dtypes: tuple[str, ...],
    inputs: int,
    numbers: int,
) -> list[tuple[Task, Schedule, tuple[int, ...]]]:
    """One pass, or one for each place along the axes that are too many, with its offsets."""
    lengths, steps = collapsed(shape, strides, inputs)
    extra = max(0, len(lengths) - AXES)
    schedule = _schedule(lengths[extra:], [step[extra:] for step in steps], dtypes, inputs)
    kernel = _kernel(name, make, schedule.forms, inputs, numbers)
    return [
        (kernel, schedule, tuple([sum(map(mul, place, step[:extra])) for step in steps]))
        for place in np.ndindex(*lengths[:extra])
    ]


def collapsed(
    shape: tuple[int, ...], strides: Sequence[tuple[int, ...]], first: int
) -> tuple[list[int], list[list[int]]]:
    """Lengths and strides without axes of length 1 and with neighbours made one, outermost first.

    Args:
        first: whose memory the order is that of: the number of an array.
    """
    axes = [axis for axis, length in enumerate(shape) if length > 1]
    axes.sort(key=lambda axis: -abs(strides[first][axis]))
    lengths: list[int] = []
    steps: list[list[int]] = [[] for _ in strides]
    for axis in axes:
        length = shape[axis]
        joined = bool(lengths) and all(
            step[-1] == stride[axis] * length for step, stride in zip(steps, strides, strict=True)
        )
        if joined:
            lengths[-1] *= length
        else:
            lengths.append(length)
        for step, stride in zip(steps, strides, strict=True):
            if joined:
                step[-1] = stride[axis]
            else:
                step.append(stride[axis])
    return lengths, steps


def _schedule(
    lengths: list[int], steps: Sequence[list[int]], dtypes: tuple[str, ...], inputs: int
) -> Schedule:
    missing = AXES - len(lengths)
    # A single element lies near its neighbours, which there are none of.
    inner = [
        step[-1] if lengths else STORED[dtype][1] for step, dtype in zip(steps, dtypes, strict=True)
    ]
    first, second, third, length = [1] * missing + lengths
    width, height = min(length, BLOCK), max(1, BLOCK // length)
    lines, across = first * second * third, -(-length // width)
    forms = []
    for number, (dtype, step) in enumerate(zip(dtypes, inner, strict=True)):
        near, same = step == STORED[dtype][1], step == 0 and number < inputs
        forms.append(Form(dtype, "near" if near else "same" if same else "apart"))
    padded = [[0] * missing + step for step in steps]
    return Schedule(
        tuple(forms),
        -(-lines // height) * across,
        (length, width, across, lines, height, second, third),
        tuple((near, *step[:3]) for near, step in zip(inner, padded, strict=True)),
    )


@cache
def _kernel(
    name: str, make: Callable[[], Body], forms: tuple[Form, ...], inputs: int, numbers: int
) -> Task:
    fields: list[tuple[str, type]] = [(field, int) for field in HEAD]
    for array in range(len(forms)):
        fields += [(f"{part}{array}", int) for part in ("address", "near", "a", "b", "c")]
    fields += [(f"number{number}", float) for number in range(numbers)]
    plan: Any = NamedTuple("Plan", fields)  # type: ignore[misc]  # as many fields as it takes
    code = _code(make(), forms, inputs)

    @task(plan, short(" ".join([name, *map(str, forms)])))
    def each(index: int, memory: int, p: Any) -> None:
        code(index, p)

    return each


def _code(body: Body, forms: tuple[Form, ...], inputs: int) -> Any:
    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        fields = p[len(HEAD) :]
        arrays = [fields[5 * i : 5 * i + 5] for i in range(len(forms))]
        numbers = [v.splat(number) for number in fields[5 * len(forms) :]]
        start, first = index % p.across * p.width, index // p.across * p.height
        width, height = least(v, p.width, p.length - start), least(v, p.height, p.lines - first)

        b, c = first // p.third % p.second, first % p.third
        a = first // (p.third * p.second)
        begin = [
            place + (near * start + of_a * a + of_b * b + of_c * c)
            for place, near, of_a, of_b, of_c in arrays
        ]

        def line(_: Value, now: list[Value]) -> list[Value]:
            b, c, *places = now

            def step(i: Value, mask: Value | None) -> None:
                where = [
                    (place + i * near, near)
                    for place, (_, near, *_) in zip(places, arrays, strict=True)
                ]
                values = [
                    _read(v, form, *here, mask)
                    for form, here in zip(forms[:inputs], where, strict=False)
                ]
                results = body(v, values, numbers)
                for form, here, result in zip(forms[inputs:], where[inputs:], results, strict=True):
                    _write(v, form, result, *here, mask)

            v.each(width, step)
            c = c + 1
            end_of_c = c.equals(p.third)
            b = v.select(end_of_c, b + 1, b)
            end_of_b = b.equals(p.second)
            following = [
                place
                + of_c
                + v.select(end_of_c, of_b - of_c * p.third, of_c * 0)
                + v.select(end_of_b, of_a - of_b * p.second, of_c * 0)
                for place, (_, _, of_a, of_b, of_c) in zip(places, arrays, strict=True)
            ]
            return [
                v.select(end_of_b, b * 0, b), v.select(end_of_c, c * 0, c), *following,
            ]  # fmt: skip

        v.loop(height, [b, c, *begin], line)

    return piece


def short(name: str) -> str:
    """The name if a file may have it, else its begin and a digest."""
    return name if len(name) < 120 else f"{name[:80]} {sha256(name.encode()).hexdigest()[:16]}"


def least(v: Emitter, x: Value, y: Value) -> Value:
    """The smaller of two integers."""
    return v.select(x < y, x, y)


def _read(v: Emitter, form: Form, place: Value, near: Value, mask: Value | None) -> Value:
    kind, _ = STORED[form.dtype]
    if form.lie == "near":
        x = v.load(place, kind, mask)
    elif form.lie == "same":
        x = v.broadcast(place, kind)
    else:
        x = v.gather(place, near, kind, mask)
    return decoded(v, x, form.dtype)


def _write(v: Emitter, form: Form, x: Value, place: Value, near: Value, mask: Value | None) -> None:
    x = encoded(v, x, form.dtype)
    if form.lie == "near":
        v.store(x, place, mask)
    else:
        v.scatter(x, place, near, mask)


def decoded(v: Emitter, x: Value, dtype: str) -> Value:
    """What an array stores, as what is computed with: float32, a mask, or bits."""
    if dtype in ("float16", "bfloat16"):
        return widen(v, x, dtype)
    return ~x.equals(0) if dtype == "bool" else x


def encoded(v: Emitter, x: Value, dtype: str) -> Value:
    """The reverse of `decoded`."""
    if dtype in ("float16", "bfloat16"):
        return narrow(v, x, dtype)
    return v.select(x, v.splat(1, "uint8"), v.splat(0, "uint8")) if dtype == "bool" else x
