"""Windows of an image as columns, and back: one copy for each kernel position."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.cpu.arrays import Array, contiguous
from dlcore.kernels.cpu.elements import Body, each
from dlcore.kernels.cpu.launch import untapeable
from dlcore.kernels.cpu.move import move, set_all
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.geometry import Padding, Pair
from dlcore.kernels.numpy import unfold as plain
from dlcore.kernels.views import positions


def unfold(
    x: Array, y: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> None:
    if not y.flags.c_contiguous:
        untapeable()
        columns = np.empty(y.shape, y.dtype)
        unfold(x, columns, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
        y[...] = columns
        return
    if any(map(any, padding)):
        set_all(y, 0.0)
    for pixels, columns in positions(x, y, kernel, stride, padding, dilation):
        move(pixels, columns)


def fold(
    x: Array, y: Array, *, size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> None:
    if y.dtype != np.float32:  # sums of 16-bit numbers would be rounded each time
        untapeable()
        plain.fold(
            x, y, size=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation
        )
        return
    x = contiguous(x)
    set_all(y, 0.0)
    for pixels, columns in positions(y, x, kernel, stride, padding, dilation):
        each("add to", _make_sum, [columns, pixels], [pixels])


def _make_sum() -> Body:
    def body(v: Emitter, values: list[Value], numbers: list[Value]) -> list[Value]:
        return [values[0] + values[1]]

    return body
