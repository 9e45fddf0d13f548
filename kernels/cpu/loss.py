"""How far a classifier is from the labels. Inside, classes (axis 1) are moved to the last axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu import functions as f
from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.lines import each_line, height_of, largest
from dlcore.kernels.cpu.lines import total as total_of
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.rows import in_rows, rows_of
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read, read_one, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

FLOAT, LABEL = 4, 8  # bytes


def cross_entropy(
    x: Array,
    labels: Array,
    weight: Array | None,
    loss: Array,
    weights: Array,
    z: Array,
    *,
    smoothing: float,
    ignore_index: int,
) -> None:
    kernel = partial(_forward, "cross_entropy", smoothing=smoothing, ignore_index=ignore_index)
    in_rows(kernel, [rows_of(x), labels, weight], [loss, weights, z])


def nll_loss(
    x: Array,
    labels: Array,
    weight: Array | None,
    loss: Array,
    weights: Array,
    *,
    ignore_index: int,
) -> None:
    kernel = partial(_forward, "nll_loss", z=None, smoothing=0.0, ignore_index=ignore_index)
    in_rows(kernel, [rows_of(x), labels, weight], [loss, weights])


def cross_entropy_gradient(
    dloss: Array,
    x: Array,
    labels: Array,
    weight: Array | None,
    z: Array,
    dx: Array,
    *,
    smoothing: float,
    ignore_index: int,
) -> None:
    kernel = partial(
        _backward, "cross_entropy_gradient", smoothing=smoothing, ignore_index=ignore_index
    )
    in_rows(kernel, [dloss, rows_of(x), labels, weight, z], [rows_of(dx)])


def nll_loss_gradient(
    dloss: Array, x: Array, labels: Array, weight: Array | None, dx: Array, *, ignore_index: int
) -> None:
    kernel = partial(_backward, "nll_loss_gradient", smoothing=0.0, ignore_index=ignore_index)
    in_rows(kernel, [dloss, None, labels, weight, None], [rows_of(dx)])


class Samples(NamedTuple):
    """Samples with classes side by side; weight, weights and z may be missing."""

    x: int
    labels: int
    weight: int
    loss: int
    weights: int
    z: int
    dx: int
    wrong: int
    classes: int
    samples: int
    height: int
    ignored: int
    smoothing: float


def _forward(
    name: str,
    x: Array,
    labels: Array,
    weight: Array | None,
    loss: Array,
    weights: Array,
    z: Array | None,
    smoothing: float,
    ignore_index: int,
) -> None:
    classes, wrong = x.shape[-1], np.zeros(1, np.int64)
    height = height_of(classes)
    plan = Samples(
        address(x), address(labels), address(weight), address(loss), address(weights), address(z),
        0, address(wrong), classes, labels.size, height, ignore_index, smoothing,
    )  # fmt: skip

    def check() -> None:
        if wrong[0]:
            wrong[0] = 0
            _refuse(labels, classes, ignore_index)

    kernel = _kernel(name, name_of(x), weight is not None, smoothing > 0)
    run(kernel, -(-labels.size // height), plan, check=check)


def _refuse(labels: Array, classes: int, ignore_index: int) -> None:
    wrong = (labels != ignore_index) & ((labels < 0) | (labels >= classes))
    place = tuple(map(int, np.argwhere(wrong)[0]))
    raise IndexError(
        f"labels from 0 to {classes - 1}, or ignore_index {ignore_index}",
        f"label {labels[place]} at position {place}",
    )


def _backward(
    name: str,
    dloss: Array,
    x: Array | None,
    labels: Array,
    weight: Array | None,
    z: Array | None,
    dx: Array,
    smoothing: float,
    ignore_index: int,
) -> None:
    classes = dx.shape[-1]
    height = height_of(classes)
    plan = Samples(
        address(x), address(labels), address(weight), address(dloss), 0, address(z),
        address(dx), 0, classes, labels.size, height, ignore_index, smoothing,
    )  # fmt: skip
    kernel = _kernel(name, name_of(dx), weight is not None, smoothing > 0)
    run(kernel, -(-labels.size // height), plan)


class Sample(NamedTuple):
    """What the kernels know of one sample.

    Args:
        number: which it is.
        line: how many numbers of x are before its own.
        label: its class, or 0 if that is ignored or wrong.
        used: whether it is not ignored.
        weight: of its class, in all lanes.
    """

    number: Value
    line: Value
    label: Value
    used: Value
    weight: Value


@cache
def _kernel(name: str, dtype: str, weighted: bool, smooth: bool) -> Task:
    body, size = _BODIES[name], SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        def line(number: Value) -> None:
            label = v.number(p.labels + number * LABEL, "int64")
            used = ~label.equals(p.ignored)
            inside = (label >= 0) & (label < p.classes)
            if name in ("cross_entropy", "nll_loss"):

                def note(_: list[Value]) -> list[Value]:
                    v.store(p.classes, p.wrong)
                    return []

                v.when(used & ~inside, [], note)
            label = v.select(used & inside, label, label * 0)
            weight = v.broadcast(p.weight + label * FLOAT) if weighted else v.splat(1.0)
            sample = Sample(number, number * p.classes * size, label, used, weight)
            body(v, p, sample, dtype, weighted, smooth)

        each_line(v, index, p.height, p.samples, line)

    words = name, dtype, "weighted" if weighted else "", "smooth" if smooth else ""

    @task(Samples, "-".join(words))
    def losses(index: int, memory: int, p: Samples) -> None:
        code(index, p)

    return losses


def _cross_entropy(
    v: Emitter, p: Any, sample: Sample, dtype: str, weighted: bool, smooth: bool
) -> None:
    place, zero = p.x + sample.line, v.splat(0.0)
    most = largest(v, place, p.classes, dtype)
    x = _reader(v, place, dtype)
    total = total_of(v, p.classes, lambda i, mask: f.exp(v, x(i, mask) - most))
    z = most + f.log(v, total)
    own = read_one(v, place + sample.label * SIZES[dtype], dtype)
    smoothing = v.splat(p.smoothing)
    loss = (1.0 - smoothing) * sample.weight * (z - own)
    if smooth:

        def term(i: Value, mask: Value | None) -> Value:
            return _class_weight(v, p, weighted, i, mask) * (z - x(i, mask))

        classes = v.splat(p.classes.as_float())
        loss = loss + smoothing / classes * total_of(v, p.classes, term)
    _store(v, v.select(sample.used, loss, zero), p.loss, sample.number)
    _store(v, v.select(sample.used, sample.weight, zero), p.weights, sample.number)
    _store(v, z, p.z, sample.number)


def _nll_loss(v: Emitter, p: Any, sample: Sample, dtype: str, weighted: bool, smooth: bool) -> None:
    zero = v.splat(0.0)
    own = read_one(v, p.x + sample.line + sample.label * SIZES[dtype], dtype)
    loss = sample.weight * -1.0 * own
    _store(v, v.select(sample.used, loss, zero), p.loss, sample.number)
    _store(v, v.select(sample.used, sample.weight, zero), p.weights, sample.number)


def _cross_entropy_gradient(
    v: Emitter, p: Any, sample: Sample, dtype: str, weighted: bool, smooth: bool
) -> None:
    x, number = _reader(v, p.x + sample.line, dtype), sample.number
    z, dloss = (v.broadcast(place + number * FLOAT) for place in (p.z, p.loss))
    smoothing, classes = v.splat(p.smoothing), v.splat(p.classes.as_float())
    share, all_weights = smoothing / classes, classes
    if smooth and weighted:
        all_weights = total_of(
            v, p.classes, lambda i, mask: v.load(p.weight + i * FLOAT, mask=mask)
        )

    def step(i: Value, mask: Value | None) -> None:
        power = f.exp(v, x(i, mask) - z)
        own = v.select(_is_label(v, sample, i), v.splat(1.0), v.splat(0.0))
        d = (1.0 - smoothing) * sample.weight * (power - own)
        if smooth:
            d = d + share * (all_weights * power - _class_weight(v, p, weighted, i, mask))
        _store_gradient(v, p, sample, dloss * d, i, mask, dtype)

    v.each(p.classes, step)


def _nll_loss_gradient(
    v: Emitter, p: Any, sample: Sample, dtype: str, weighted: bool, smooth: bool
) -> None:
    d = sample.weight * -1.0 * v.broadcast(p.loss + sample.number * FLOAT)

    def step(i: Value, mask: Value | None) -> None:
        own = v.select(_is_label(v, sample, i), d, v.splat(0.0))
        _store_gradient(v, p, sample, own, i, mask, dtype)

    v.each(p.classes, step)


_BODIES: dict[str, Callable[..., None]] = {
    "cross_entropy": _cross_entropy,
    "nll_loss": _nll_loss,
    "cross_entropy_gradient": _cross_entropy_gradient,
    "nll_loss_gradient": _nll_loss_gradient,
}


def _reader(v: Emitter, place: Value, dtype: str) -> Callable[[Value, Value | None], Value]:
    return lambda i, mask: read(v, place + i * SIZES[dtype], dtype, mask)


def _class_weight(v: Emitter, p: Any, weighted: bool, i: Value, mask: Value | None) -> Value:
    return v.load(p.weight + i * FLOAT, mask=mask) if weighted else v.splat(1.0)


def _is_label(v: Emitter, sample: Sample, i: Value) -> Value:
    """In which lane of the vector from class i on the label is."""
    return v.places(i, 1).equals(v.splat(sample.label))


def _store(v: Emitter, x: Value, place: Value, number: Value) -> None:
    """The first lane, as the number of a sample."""
    v.store(x, place + number * FLOAT, v.tail(number * 0 + 1))


def _store_gradient(
    v: Emitter, p: Any, sample: Sample, d: Value, i: Value, mask: Value | None, dtype: str
) -> None:
    d = v.select(sample.used, d, v.splat(0.0))
    write(v, d, p.dx + sample.line + i * SIZES[dtype], dtype, mask)
