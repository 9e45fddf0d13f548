"""Batch norm of rows: sums of blocks, statistics from all of them, then one pass.

Sums within a block are float32, around its first row, so that a mean far from zero costs no
digits; the blocks' are put together in float64.
Source: Chan, Golub and LeVeque, Algorithms for computing the sample variance, 1983.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.rows import block_rows, over_rows, tree_sum
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read, rounded, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

FLOAT = 4  # bytes
AT_ONCE = 8  # rows
CHANNELS = 64  # of a piece where the blocks' sums are put together
SUMS = 3  # lines of each block's: sum, sum of squares, what they are around
LINES = 3  # of the numbers that normalise: mean, scale, shift

Operand = Array | None


def forward(
    x: Array, weight: Operand, bias: Operand, y: Array, mean: Array, variance: Array, eps: float
) -> None:
    """Statistics of x (rows, C), and y."""
    with temporary(LINES * x.shape[-1] * FLOAT) as lines:
        gather(x, weight, bias, mean, variance, eps, lines)
        apply(x, lines, y)


def gather(
    x: Array, weight: Operand, bias: Operand, mean: Array, variance: Array, eps: float, lines: int
) -> None:
    """Statistics of x, and the numbers at `lines`, with which `apply` normalises."""
    rows, channels, height, blocks = cut(x)
    with temporary(SUMS * channels * FLOAT * blocks) as sums:
        plan = Sums(address(x), 0, 0, sums, rows, channels, height)
        run(statistics_of_blocks(name_of(x)), blocks, plan)
        finish = Finish(
            sums, blocks, rows, channels, height, address(mean), address(variance),
            address(weight), address(bias), lines, eps,
        )  # fmt: skip
        run(statistics(name_of(weight), name_of(bias)), -(-channels // CHANNELS), finish)


def apply(
    x: Array, lines: int, y: Array, relu: bool = False, add: Operand = None, add_lines: int = 0
) -> None:
    """y = x, normalised by the numbers at `lines`, and what `normalise` adds."""
    rows, channels, height, blocks = cut(x)
    plan = Apply(address(x), address(add), address(y), lines, add_lines, rows, channels, height)
    kind = ("norm" if add_lines else "add") if add is not None else ""
    run(normalising(name_of(x), kind, relu), blocks, plan)


def prepare(
    mean: Array, variance: Array, weight: Operand, bias: Operand, eps: float, lines: int
) -> None:
    """Fill the numbers at `lines`, with which `apply` normalises."""
    plan = Prepare(
        address(mean), address(variance), address(weight), address(bias), lines, mean.size, eps
    )
    run(preparing(*map(name_of, (mean, variance, weight, bias))), 1, plan)


def cut(x: Array) -> tuple[int, int, int, int]:
    """Rows, channels, rows of a block, and how many blocks."""
    channels = x.shape[-1]
    rows = x.size // channels
    height = block_rows(channels)
    return rows, channels, height, -(-rows // height)


class Sums(NamedTuple):
    """Sums of blocks of rows of x, or of x and its gradient dy, for which out tells ReLU's mask."""

    x: int
    dy: int
    out: int
    sums: int
    rows: int
    channels: int
    height: int


@cache
def statistics_of_blocks(dtype: str) -> Task:
    """Each block's sums."""
    size = SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        sums = p.sums + index * p.channels * (FLOAT * SUMS)
        x = p.x + index * p.height * p.channels * size
        sums_around(v, x, sums, block_height(v, index, p), p.channels, dtype)

    @task(Sums, dtype)
    def batch_sums(index: int, memory: int, p: Sums) -> None:
        code(index, p)

    return batch_sums


def block_height(v: Emitter, index: Value, p: Any) -> Value:
    """Rows of a block; the last has what is left."""
    left = p.rows - index * p.height
    return v.select(left < p.height, left, p.height)


def sums_around(
    v: Emitter, x: Value, sums: Value, rows: Value, channels: Value, dtype: str
) -> None:
    """Three lines of C: the sums of x - around and of its squares over rows, and around.

    That is the first row, where it is finite.
    """
    line, size = channels * FLOAT, SIZES[dtype]

    def begin(c: Value, mask: Value | None) -> None:
        first = read(v, x + c * size, dtype, mask)
        around = v.select(v.abs(first) < float("inf"), first, v.splat(0.0))
        for number, value in enumerate((v.splat(0.0), v.splat(0.0), around)):
            v.store(value, sums + line * number + c * FLOAT, mask)

    def add(row: Value, many: int, c: Value, mask: Value | None) -> None:
        place = sums + c * FLOAT
        around = v.load(place + line * 2, mask=mask)
        here = x + (row * channels + c) * size
        values = [read(v, here + channels * (size * i), dtype, mask) - around for i in range(many)]
        total = v.load(place, mask=mask) + tree_sum(values)
        squares = v.load(place + line, mask=mask) + tree_sum([z * z for z in values])
        v.store(total, place, mask)
        v.store(squares, place + line, mask)

    v.each(channels, begin)
    over_rows(v, rows, channels, AT_ONCE, add)


def backwards(index: Value, p: Any) -> Value:
    """The blocks from the last to the first: the sums' pass has left the last ones in a cache."""
    last: Value = (p.rows - 1) // p.height
    return last - index


class Finish(NamedTuple):
    """Statistics from the blocks' sums, and the numbers that normalise."""

    sums: int
    blocks: int
    rows: int
    channels: int
    height: int
    mean: int
    variance: int
    weight: int
    bias: int
    lines: int
    eps: float


@cache
def statistics(weight: str, bias: str) -> Task:
    """Mean and variance of each channel, and the numbers that normalise, for dtypes or ""."""

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        line = p.channels * FLOAT
        rows = v.splat(p.rows.as_float("float64"))

        def channel(offset: Value, mask: Value | None) -> None:
            c = index * CHANNELS + offset

            def block(number: Value) -> tuple[Value, Value, Value]:
                """How many rows, their mean, and the sum of squares around it."""
                count = v.splat(block_height(v, number, p).as_float("float64"))
                place = p.sums + number * line * SUMS + c * FLOAT
                total, squares, around = (
                    v.load(place + line * i, mask=mask).to("float64") for i in range(SUMS)
                )
                return count, around + total / count, squares - total * total / count

            def add(number: Value, values: list[Value]) -> list[Value]:
                count, mean, _ = block(number)
                return [values[0] + count * mean]

            (total,) = v.loop(p.blocks, [v.splat(0.0, "float64")], add)
            mean = total / rows

            def spread(number: Value, values: list[Value]) -> list[Value]:
                count, own, squares = block(number)
                return [values[0] + squares + count * (own - mean) * (own - mean)]

            (squares,) = v.loop(p.blocks, [v.splat(0.0, "float64")], spread)
            variance = squares / rows
            variance = v.select(variance < 0.0, v.splat(0.0, "float64"), variance)
            means, variances = mean.to("float32"), variance.to("float32")
            v.store(means, p.mean + c * FLOAT, mask)
            v.store(variances, p.variance + c * FLOAT, mask)
            write_lines(v, p, weight, bias, means, variances, c, mask)

        left = p.channels - index * CHANNELS
        v.each(v.select(left < CHANNELS, left, left * 0 + CHANNELS), channel)

    @task(Finish, f"{weight}-{bias}")
    def batch_statistics(index: int, memory: int, p: Finish) -> None:
        code(index, p)

    return batch_statistics


def write_lines(
    v: Emitter,
    p: Any,
    weight: str,
    bias: str,
    mean: Value,
    variance: Value,
    c: Value,
    mask: Value | None,
) -> None:
    """Mean, scale and shift of a vector of channels."""
    scale, shift = inverse_root(v, variance, p.eps), v.splat(0.0)
    if weight:
        scale = scale * read(v, p.weight + c * SIZES[weight], weight, mask)
    if bias:
        shift = read(v, p.bias + c * SIZES[bias], bias, mask)
    for number, value in enumerate((mean, scale, shift)):
        v.store(value, p.lines + (p.channels * number + c) * FLOAT, mask)


def inverse_root(v: Emitter, variance: Value, eps: Value) -> Value:
    return 1.0 / v.sqrt(variance + v.splat(eps))


class Prepare(NamedTuple):
    """The numbers that normalise, from statistics that are given."""

    mean: int
    variance: int
    weight: int
    bias: int
    lines: int
    channels: int
    eps: float


@cache
def preparing(mean: str, variance: str, weight: str, bias: str) -> Task:
    """Mean, scale and shift of all channels."""

    @vector_code(host())
    def code(v: Emitter, p: Any) -> None:
        def channel(c: Value, mask: Value | None) -> None:
            means = read(v, p.mean + c * SIZES[mean], mean, mask)
            variances = read(v, p.variance + c * SIZES[variance], variance, mask)
            write_lines(v, p, weight, bias, means, variances, c, mask)

        v.each(p.channels, channel)

    @task(Prepare, f"{mean}-{variance}-{weight}-{bias}")
    def batch_prepare(index: int, memory: int, p: Prepare) -> None:
        code(p)

    return batch_prepare


class Apply(NamedTuple):
    """y = f(x normalised by `lines` + add, which may be normalised by lines of its own)."""

    x: int
    add: int
    y: int
    lines: int
    add_lines: int
    rows: int
    channels: int
    height: int


@cache
def normalising(dtype: str, add: str, relu: bool) -> Task:
    """Normalise a block; `add` is "" for nothing, "add", or "norm"."""
    size = SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        index = backwards(index, p)
        begin = index * p.height * p.channels * size

        def numbers(lines: Value, c: Value, mask: Value | None) -> list[Value]:
            return [v.load(lines + (p.channels * i + c) * FLOAT, mask=mask) for i in range(LINES)]

        def body(row: Value, many: int, c: Value, mask: Value | None) -> None:
            mean, scale, shift = numbers(p.lines, c, mask)
            others = numbers(p.add_lines, c, mask) if add == "norm" else []
            place = begin + (row * p.channels + c) * size
            for _ in range(many):
                y = v.fma(read(v, p.x + place, dtype, mask) - mean, scale, shift)
                if add:
                    other = read(v, p.add + place, dtype, mask)
                    if others:
                        other = v.fma(other - others[0], others[1], others[2])
                        other = rounded(v, other, dtype)
                    y = rounded(v, y, dtype) + other
                if relu:
                    y = v.select(y <= 0.0, v.splat(0.0), y)
                write(v, y, p.y + place, dtype, mask)
                place = place + p.channels * size

        over_rows(v, block_height(v, index, p), p.channels, AT_ONCE // 2, body)

    @task(Apply, f"{dtype}-{add}-{'relu' if relu else ''}")
    def batch_apply(index: int, memory: int, p: Apply) -> None:
        code(index, p)

    return batch_apply
