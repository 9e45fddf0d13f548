"""Random bits and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import prod
from typing import Any, NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.elements import STORED, Body, each, encoded
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.philox import bits
from dlcore.kernels.cpu.rows import in_rows
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

Key = tuple[int, int]

BLOCK = 1 << 14  # elements of a piece
DIGITS = {"float32": 24, "float16": 11, "bfloat16": 8}


def random_bits(clock: Array, out: Array, *, shape: Any, order: Any, key: Key, call: int) -> None:
    in_rows(partial(_draw, "bits", key, call, 0), [clock], [out])


def uniform(
    clock: Array, y: Array, *, shape: Any, order: Any, dtype: Any, key: Key, call: int
) -> None:
    in_rows(partial(_draw, "uniform", key, call, 0), [clock], [y])


def bernoulli(
    clock: Array, y: Array, *, shape: Any, order: Any, key: Key, call: int, threshold: int
) -> None:
    in_rows(partial(_draw, "bernoulli", key, call, threshold), [clock], [y])


def masked_scale(x: Array, mask: Array, y: Array, *, scale: float) -> None:
    each("masked scale", _masked_scale, [x, mask], [y], (scale,))


def dropout(
    clock: Array,
    x: Array,
    mask: Array,
    y: Array,
    *,
    key: Key,
    call: int,
    threshold: int,
    scale: float,
) -> None:
    """`bernoulli` into mask and `masked_scale` of x by it, in one pass."""
    in_rows(partial(_dropout, key, call, threshold, scale), [clock, x], [mask, y])


def _masked_scale() -> Body:
    def body(v: Emitter, values: list[Value], numbers: list[Value]) -> list[Value]:
        x, mask = values
        return [v.select(mask, x * numbers[0], v.splat(0.0))]

    return body


class Draw(NamedTuple):
    """So many rows of `length` draws; each group is of `width` draws of a row."""

    clock: int
    x: int
    y: int
    mask: int
    rows: int
    length: int
    height: int
    width: int
    across: int
    left: int
    right: int
    call: int
    threshold: int
    scale: float


def _draw(name: str, key: Key, call: int, threshold: int, clock: Array, y: Array) -> None:
    if y.size:
        pieces, sizes = _pieces(y)
        places = address(clock), 0, address(y), 0
        run(_kernel(name, name_of(y)), pieces, (*places, *sizes, *key, call, threshold, 1.0))


def _dropout(
    key: Key,
    call: int,
    threshold: int,
    scale: float,
    clock: Array,
    x: Array,
    mask: Array,
    y: Array,
) -> None:
    if y.size:
        pieces, sizes = _pieces(y)
        places = address(clock), address(x), address(y), address(mask)
        plan = (*places, *sizes, *key, call, threshold, scale)
        run(_kernel("dropout", name_of(y)), pieces, plan)


def _pieces(y: Array) -> tuple[int, tuple[int, ...]]:
    """How many pieces there are, and the sizes in the plan."""
    rows, length = (y.shape[0], prod(y.shape[1:])) if y.ndim else (1, 1)
    width = min(length, BLOCK)
    height, across = max(1, BLOCK // width), -(-length // width)
    return -(-rows // height) * across, (rows, length, height, width, across)


Use = Callable[[Emitter, Any, str, Value, Value, Value | None], None]
"""(emitter, plan, dtype, bits, number of the first element, mask)."""


def _store_bits(v: Emitter, p: Any, dtype: str, word: Value, i: Value, mask: Value | None) -> None:
    v.store(word, p.y + i * 4, mask)


def _store_uniform(
    v: Emitter, p: Any, dtype: str, word: Value, i: Value, mask: Value | None
) -> None:
    digits = DIGITS[dtype]
    number = (word >> (32 - digits)).as_float() * 0.5**digits
    write(v, number, p.y + i * SIZES[dtype], dtype, mask)


def _chosen(v: Emitter, p: Any, word: Value) -> Value:
    return word.to("int64") < v.splat(p.threshold)


def _store_bernoulli(
    v: Emitter, p: Any, dtype: str, word: Value, i: Value, mask: Value | None
) -> None:
    v.store(encoded(v, _chosen(v, p, word), "bool"), p.y + i * STORED["bool"][1], mask)


def _store_dropout(
    v: Emitter, p: Any, dtype: str, word: Value, i: Value, mask: Value | None
) -> None:
    chosen, place = _chosen(v, p, word), i * SIZES[dtype]
    v.store(encoded(v, chosen, "bool"), p.mask + i * STORED["bool"][1], mask)
    x = read(v, p.x + place, dtype, mask) * v.splat(p.scale)
    write(v, v.select(chosen, x, v.splat(0.0)), p.y + place, dtype, mask)


_USES: dict[str, Use] = {
    "bits": _store_bits,
    "uniform": _store_uniform,
    "bernoulli": _store_bernoulli,
    "dropout": _store_dropout,
}


@cache
def _kernel(name: str, dtype: str) -> Task:
    use = _USES[name]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        start, first = index % p.across * p.width, index // p.across * p.height
        width, height = _least(v, p.width, p.length - start), _least(v, p.height, p.rows - first)
        step, origin = (v.number(p.clock + 4 * i, "int32") for i in range(2))
        key = v.splat(p.left.to("int32")), v.splat(p.right.to("int32"))
        call, step = v.splat(p.call.to("int32")), v.splat(step)
        many = 4 * v.lanes  # elements of one vector of counters

        def line(number: Value, _: list[Value]) -> list[Value]:
            row = first + number
            word = v.splat(origin + row.to("int32"))
            before = row * p.length + start

            def group(i: Value, masked: bool) -> None:
                groups = (start >> 2) + i * v.lanes
                counter = v.places(groups, 1).to("int32"), word, call, step
                for part, vector in enumerate(bits(v, counter, key)):
                    offset = i * many + v.lanes * part
                    mask = v.tail(width - offset) if masked else None
                    use(v, p, dtype, vector, before + offset, mask)

            def whole(i: Value, _: list[Value]) -> list[Value]:
                group(i, masked=False)
                return []

            def rest(_: list[Value]) -> list[Value]:
                group(groups, masked=True)
                return []

            groups = width // many
            v.loop(groups, [], whole)
            v.when(groups * many < width, [], rest)
            return []

        v.loop(height, [], line)

    @task(Draw, f"{name}-{dtype}")
    def draw(index: int, memory: int, p: Draw) -> None:
        code(index, p)

    return draw


def _least(v: Emitter, x: Value, y: Value) -> Value:
    return v.select(x < y, x, y)
