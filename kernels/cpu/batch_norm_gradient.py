"""The gradient of batch norm: sums of blocks, then one pass; behind a ReLU, with its mask."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.batch_norm import (
    AT_ONCE,
    CHANNELS,
    FLOAT,
    Operand,
    backwards,
    block_height,
    cut,
    inverse_root,
)
from dlcore.kernels.cpu.launch import run, temporary
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.rows import over_rows, tree_sum
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, name_of, read, rounded, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

SUMS = 2  # lines of each block's: sum of dy, sum of dy (x - mean)
LINES = 4  # mean, scale, and what is taken off: from all, and for each x - mean


def backward(
    dy: Array,
    x: Array,
    out: Operand,
    mean: Array,
    variance: Array,
    weight: Operand,
    dx: Array,
    kept: Operand,
    dweight: Array,
    dbias: Array,
    eps: float,
    training: bool,
) -> None:
    """Gradients for rows (rows, C); dy counts only where `out` is above 0, if there is one.

    Args:
        kept: gets what of dy counts.
    """
    with temporary(LINES * x.shape[-1] * FLOAT) as lines:
        sum_up(dy, x, out, mean, variance, weight, kept, dweight, dbias, eps, lines)
        slopes, out = (dy, out) if kept is None else (kept, None)
        apply(slopes, x, out, mean, dx, lines, training)


def sum_up(
    dy: Array,
    x: Array,
    out: Operand,
    mean: Array,
    variance: Array,
    weight: Operand,
    kept: Operand,
    dweight: Array,
    dbias: Array,
    eps: float,
    lines: int,
    norm_lines: int = 0,
) -> None:
    """The sums, and the numbers at `lines` that `apply` makes dx with.

    Args:
        norm_lines: instead of `out`, numbers that normalise x: dy counts where that is above 0.
    """
    rows, channels, height, blocks = cut(x)
    masked = "norm" if norm_lines else "out" if out is not None else ""
    stats = name_of(mean), name_of(variance), name_of(weight)
    with temporary(SUMS * channels * FLOAT * blocks) as sums:
        block = Block(
            address(x), address(dy), address(out), address(kept), 0, address(mean),
            sums, norm_lines, rows, channels, height,
        )  # fmt: skip
        run(sums_of_blocks(name_of(x), stats[0], masked, kept is not None), blocks, block)
        finish = Finish(
            sums, blocks, rows, channels, address(mean), address(variance), address(weight),
            address(dweight), address(dbias), lines, eps,
        )  # fmt: skip
        run(finishing(*stats), -(-channels // CHANNELS), finish)


def apply(
    dy: Array, x: Array, out: Operand, mean: Array, dx: Array, lines: int, training: bool
) -> None:
    """Dx from the numbers at `lines`."""
    rows, channels, height, blocks = cut(x)
    block = Block(
        address(x), address(dy), address(out), 0, address(dx), address(mean),
        0, lines, rows, channels, height,
    )  # fmt: skip
    masked = "" if out is None else "out"
    run(applying(name_of(x), masked, training), blocks, block)


def prepare(
    rows: int,
    mean: Array,
    variance: Array,
    weight: Operand,
    dweight: Array,
    dbias: Array,
    eps: float,
    lines: int,
) -> None:
    """Fill the numbers at `lines` from sums that are known."""
    finish = Finish(
        0, 0, rows, mean.size, address(mean), address(variance), address(weight),
        address(dweight), address(dbias), lines, eps,
    )  # fmt: skip
    run(preparing(*map(name_of, (mean, variance, weight))), 1, finish)


class Block(NamedTuple):
    """Blocks of rows, and what is known of their channels."""

    x: int
    dy: int
    out: int
    kept: int
    dx: int
    mean: int
    sums: int
    lines: int
    rows: int
    channels: int
    height: int


def gradient(
    v: Emitter, p: Any, place: Value, c: Value, dtype: str, masked: str, mask: Value | None
) -> Value:
    """What of dy counts: all, or where `out` is above 0, or where x is, normalised by `lines`."""
    dy = read(v, p.dy + place, dtype, mask)
    if not masked:
        return dy
    if masked == "norm":
        mean, scale, shift = (
            v.load(p.lines + (p.channels * i + c) * FLOAT, mask=mask) for i in range(3)
        )
        normal = v.fma(read(v, p.x + place, dtype, mask) - mean, scale, shift)
        out = rounded(v, normal, dtype)
    else:
        out = read(v, p.out + place, dtype, mask)
    return v.select(out <= 0.0, v.splat(0.0), dy)


@cache
def sums_of_blocks(dtype: str, statistics: str, masked: str, kept: bool) -> Task:
    """Each block's sums."""
    size = SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        line = p.channels * FLOAT
        sums, begin = p.sums + index * line * SUMS, index * p.height * p.channels * size

        def clear(c: Value, mask: Value | None) -> None:
            for number in range(SUMS):
                v.store(v.splat(0.0), sums + line * number + c * FLOAT, mask)

        def add(row: Value, many: int, c: Value, mask: Value | None) -> None:
            mean = read(v, p.mean + c * SIZES[statistics], statistics, mask)
            place, values, products = begin + (row * p.channels + c) * size, [], []
            for _ in range(many):
                dy = gradient(v, p, place, c, dtype, masked, mask)
                if kept:
                    write(v, dy, p.kept + place, dtype, mask)
                values.append(dy)
                products.append(dy * (read(v, p.x + place, dtype, mask) - mean))
                place = place + p.channels * size
            for number, parts in enumerate((values, products)):
                target = sums + line * number + c * FLOAT
                v.store(v.load(target, mask=mask) + tree_sum(parts), target, mask)

        v.each(p.channels, clear)
        over_rows(v, block_height(v, index, p), p.channels, AT_ONCE, add)

    words = dtype, statistics, masked, "kept" if kept else ""

    @task(Block, "-".join(words))
    def gradient_sums(index: int, memory: int, p: Block) -> None:
        code(index, p)

    return gradient_sums


class Finish(NamedTuple):
    """Gradients of weight and bias from the blocks' sums, and the numbers that dx is made with."""

    sums: int
    blocks: int
    rows: int
    channels: int
    mean: int
    variance: int
    weight: int
    dweight: int
    dbias: int
    lines: int
    eps: float


@cache
def finishing(mean: str, variance: str, weight: str) -> Task:
    """All sums of a channel, in float64, for dtypes or ""."""

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        line = p.channels * FLOAT

        def channel(offset: Value, mask: Value | None) -> None:
            c = index * CHANNELS + offset

            def add(number: Value, values: list[Value]) -> list[Value]:
                place = p.sums + number * line * SUMS + c * FLOAT
                return [
                    total + v.load(place + line * i, mask=mask).to("float64")
                    for i, total in enumerate(values)
                ]

            totals = v.loop(p.blocks, [v.splat(0.0, "float64")] * SUMS, add)
            variances = read(v, p.variance + c * SIZES[variance], variance, mask)
            inverse = inverse_root(v, variances, p.eps)
            dbias = totals[0].to("float32")
            dweight = (totals[1] * inverse.to("float64")).to("float32")
            v.store(dbias, p.dbias + c * FLOAT, mask)
            v.store(dweight, p.dweight + c * FLOAT, mask)
            write_lines(v, p, mean, weight, inverse, dweight, dbias, c, mask)

        left = p.channels - index * CHANNELS
        v.each(v.select(left < CHANNELS, left, left * 0 + CHANNELS), channel)

    @task(Finish, f"{mean}-{variance}-{weight}")
    def gradient_totals(index: int, memory: int, p: Finish) -> None:
        code(index, p)

    return gradient_totals


def write_lines(
    v: Emitter,
    p: Any,
    mean: str,
    weight: str,
    inverse: Value,
    dweight: Value,
    dbias: Value,
    c: Value,
    mask: Value | None,
) -> None:
    """The numbers that dx is made with, for a vector of channels."""
    rows, scale = v.splat(p.rows.as_float()), inverse
    if weight:
        scale = scale * read(v, p.weight + c * SIZES[weight], weight, mask)
    means = read(v, p.mean + c * SIZES[mean], mean, mask)
    for number, value in enumerate((means, scale, dbias / rows, dweight / rows * inverse)):
        v.store(value, p.lines + (p.channels * number + c) * FLOAT, mask)


@cache
def preparing(mean: str, variance: str, weight: str) -> Task:
    """The numbers that dx is made with, from sums that are known."""

    @vector_code(host())
    def code(v: Emitter, p: Any) -> None:
        def channel(c: Value, mask: Value | None) -> None:
            variances = read(v, p.variance + c * SIZES[variance], variance, mask)
            dweight, dbias = (v.load(at + c * FLOAT, mask=mask) for at in (p.dweight, p.dbias))
            inverse = inverse_root(v, variances, p.eps)
            write_lines(v, p, mean, weight, inverse, dweight, dbias, c, mask)

        v.each(p.channels, channel)

    @task(Finish, f"{mean}-{variance}-{weight}")
    def gradient_prepare(index: int, memory: int, p: Finish) -> None:
        code(p)

    return gradient_prepare


@cache
def applying(dtype: str, masked: str, training: bool) -> Task:
    """The dx of a block."""
    size = SIZES[dtype]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        index = backwards(index, p)
        begin = index * p.height * p.channels * size

        def body(row: Value, many: int, c: Value, mask: Value | None) -> None:
            mean, scale, off, slope = (
                v.load(p.lines + (p.channels * i + c) * FLOAT, mask=mask) for i in range(LINES)
            )
            place = begin + (row * p.channels + c) * size
            for _ in range(many):
                dx = gradient(v, p, place, c, dtype, masked, mask)
                if training:
                    dx = dx - v.fma(read(v, p.x + place, dtype, mask) - mean, slope, off)
                write(v, dx * scale, p.dx + place, dtype, mask)
                place = place + p.channels * size

        over_rows(v, block_height(v, index, p), p.channels, AT_ONCE // 2, body)

    words = dtype, masked, "training" if training else ""

    @task(Block, "-".join(words))
    def gradient_apply(index: int, memory: int, p: Block) -> None:
        code(index, p)

    return gradient_apply
