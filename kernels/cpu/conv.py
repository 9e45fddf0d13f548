"""Two-dimensional convolution and its gradients, by the algorithm that suits the geometry."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.cpu import direct, direct_weight
from dlcore.kernels.cpu.arrays import Array, contiguous
from dlcore.kernels.cpu.launch import untapeable
from dlcore.kernels.geometry import Padding, Pair


def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None,
    y: Array,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> None:
    if not y.size:
        return
    target = _target(y)
    direct.correlate(
        _pixels(x),
        contiguous(weight.transpose(0, 2, 3, 1)),
        None if bias is None else contiguous(bias),
        target,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        backward=False,
    )
    _finish(target, y)


def conv2d_input_gradient(
    dy: Array,
    weight: Array,
    dx: Array,
    *,
    size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> None:
    if not dx.size:
        return
    target = _target(dx)
    direct.correlate(
        _pixels(dy),
        contiguous(weight.transpose(0, 2, 3, 1)),
        None,
        target,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        backward=True,
    )
    _finish(target, dx)


def conv2d_weight_gradient(
    x: Array,
    dy: Array,
    dweight: Array,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> None:
    if not dweight.size:
        return
    target = _target(dweight)
    if not target.flags.c_contiguous:
        target = np.empty(target.shape, target.dtype)
    direct_weight.gradient(
        _pixels(x),
        contiguous(dy.transpose(0, 2, 3, 1)),
        target,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    _finish(target, dweight)


def _pixels(x: Array) -> Array:
    """N C H W seen as N H W C, with the channels of a pixel side by side."""
    x = x.transpose(0, 2, 3, 1)
    return x if x.strides[3] == x.itemsize or x.shape[3] == 1 else contiguous(x)


def _target(y: Array) -> Array:
    """Where to write y: N H W C, its own memory if the channels of a pixel lie side by side."""
    y = y.transpose(0, 2, 3, 1)
    return y if y.strides[3] == y.itemsize or y.shape[3] == 1 else np.empty(y.shape, y.dtype)


def _finish(target: Array, y: Array) -> None:
    if not np.may_share_memory(target, y):
        untapeable()
        y.transpose(0, 2, 3, 1)[...] = target
