"""Normalisation over the batch and over groups; what the contract doesn't have is fused."""

from __future__ import annotations

from functools import partial
from math import nan
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu import batch_norm_gradient as gradients
from dlcore.kernels.cpu import group_norm as groups_of
from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.batch_norm import FLOAT, LINES, Operand, apply, forward, prepare
from dlcore.kernels.cpu.elements import Body, each
from dlcore.kernels.cpu.launch import temporary, untapeable
from dlcore.kernels.cpu.rows import in_rows, rows_of
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.storage import name_of
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.numpy import norm as by_numpy


def batch_norm(
    x: Array,
    weight: Operand,
    bias: Operand,
    y: Array,
    mean: Array,
    variance: Array,
    *,
    eps: float,
) -> None:
    if not x.size:
        return

    in_rows(partial(forward, eps=eps), [rows_of(x), weight, bias], [rows_of(y), mean, variance])


def batch_norm_inference(
    x: Array,
    mean: Array,
    variance: Array,
    weight: Operand,
    bias: Operand,
    y: Array,
    *,
    eps: float,
) -> None:
    normalise(x, mean, variance, weight, bias, y, eps=eps)


class Norm(NamedTuple):
    """Statistics and weights of a batch norm."""

    mean: Array
    variance: Array
    weight: Operand
    bias: Operand


def normalise(
    x: Array,
    mean: Array,
    variance: Array,
    weight: Operand,
    bias: Operand,
    y: Array,
    *,
    eps: float,
    relu: bool = False,
    add: Operand = None,
    add_norm: Norm | None = None,
) -> None:
    """y = f(norm(x) + add), in one pass and with the bits of its parts.

    Args:
        relu: f is ReLU, else nothing.
        add: of x's shape and dtype.
        add_norm: normalises `add` first, with the same eps.
    """
    if not x.size:
        return
    reads = [rows_of(x), rows_of(add), mean, variance, weight, bias, *(add_norm or ())]
    in_rows(partial(_normalise, eps=eps, relu=relu), reads, [rows_of(y)])


def _normalise(
    x: Array,
    add: Operand,
    mean: Array,
    variance: Array,
    weight: Operand,
    bias: Operand,
    *others: Any,
    eps: float,
    relu: bool,
) -> None:
    *add_norm, y = others
    size = LINES * mean.size * FLOAT
    with temporary(size) as lines, temporary(size) as add_lines:
        prepare(mean, variance, weight, bias, eps, lines)
        if add_norm:
            add_mean, add_variance, add_weight, add_bias = add_norm
            prepare(add_mean, add_variance, add_weight, add_bias, eps, add_lines)
        apply(x, lines, y, relu, add, add_lines if add_norm else 0)


def batch_norm_gradient(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Operand,
    dx: Array,
    dweight: Array,
    dbias: Array,
    *,
    eps: float,
    training: bool,
    out: Operand = None,
    kept: Operand = None,
) -> None:
    """The contract's; with `out` for the gradient of ReLU(norm(x) + add).

    Args:
        out: that ReLU's result.
        kept: gets the gradient behind the ReLU, which is also that of add.
    """
    if not x.size:
        dweight[...] = dbias[...] = 0
        return

    reads = [rows_of(dy), rows_of(x), rows_of(out), mean, variance, weight]
    writes = [rows_of(dx), rows_of(kept), dweight, dbias]
    in_rows(partial(gradients.backward, eps=eps, training=training), reads, writes)


def running_statistics(
    running_mean: Array,
    running_variance: Array,
    mean: Array,
    variance: Array,
    batches: Operand,
    new_mean: Array,
    new_variance: Array,
    *,
    momentum: float | None,
    count: int,
) -> None:
    unbiased = count / (count - 1) if count > 1 else nan
    arrays = [running_mean, running_variance, mean, variance]
    outputs = [new_mean, new_variance]
    if momentum is not None:
        each("running", _running, arrays, outputs, (unbiased, 1 - momentum, momentum))
        return
    assert batches is not None
    arrays.append(np.broadcast_to(batches, mean.shape))
    dtypes = [name_of(array) for array in (*arrays[:4], *outputs)]
    dtypes.insert(4, "bits64")
    each("running average", _running_average, arrays, outputs, (unbiased,), tuple(dtypes))


def _running() -> Body:
    def body(v: Emitter, values: list[Value], numbers: list[Value]) -> list[Value]:
        mean, variance, new_mean, new_variance, *_ = values
        unbiased, kept, rate = numbers
        return [kept * mean + rate * new_mean, kept * variance + rate * (new_variance * unbiased)]

    return body


def _running_average() -> Body:
    weighted = _running()

    def body(v: Emitter, values: list[Value], numbers: list[Value]) -> list[Value]:
        rate = 1.0 / values[-1].as_float("float64")
        kept, new = ((1.0 - rate).to("float32"), rate.to("float32"))
        return list(weighted(v, values, [*numbers, kept, new]))

    return body


def group_norm(
    x: Array,
    weight: Operand,
    bias: Operand,
    y: Array,
    mean: Array,
    variance: Array,
    *,
    groups: int,
    eps: float,
) -> None:
    if x.size:
        kernel = partial(groups_of.forward, groups=groups, eps=eps)
        in_rows(kernel, [rows_of(x), weight, bias], [rows_of(y), mean, variance])
        return
    untapeable()
    by_numpy.group_norm(x, weight, bias, y, mean, variance, groups=groups, eps=eps)


def group_norm_gradient(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Operand,
    dx: Array,
    dweight: Array,
    dbias: Array,
    *,
    groups: int,
    eps: float,
) -> None:
    if not x.size:
        untapeable()
        dweight[...] = dbias[...] = 0
        return
    reads = [rows_of(dy), rows_of(x), mean, variance, weight]
    in_rows(
        partial(groups_of.backward, groups=groups, eps=eps), reads, [rows_of(dx), dweight, dbias]
    )
