"""Two-dimensional convolution and its gradients, by the algorithm that suits the geometry."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dlcore.kernels.cpu import (
    algorithm,
    depthwise,
    depthwise_weight,
    direct,
    direct_join,
    direct_weight,
    winograd,
)
from dlcore.kernels.cpu.arrays import Array, address, contiguous
from dlcore.kernels.cpu.launch import untapeable
from dlcore.kernels.geometry import Padding, Pair

Shape = tuple[int, ...]


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
    convolve(x, weight, bias, y, Geometry(stride, padding, dilation, groups), relu=False)


def convolve(
    x: Array, weight: Array, bias: Array | None, y: Array, geometry: Geometry, *, relu: bool
) -> None:
    """`conv2d`, then ReLU if wanted; a depthwise one has none."""
    if not y.size:
        return
    if tile := tile_of(y.shape, weight.shape, geometry):
        padding = geometry.padding
        winograd.forward(x, weight, bias, y, padding=padding, tile=tile, relu=relu)
    else:
        _correlate(x, weight, bias, y, *geometry, backward=False, relu=relu)


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
    geometry = Geometry(stride, padding, dilation, groups)
    if tile := tile_of(dy.shape, weight.shape, geometry):
        winograd.input_gradient(dy, weight, dx, padding=padding, tile=tile)
    else:
        _correlate(dy, weight, None, dx, *geometry, backward=True)


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
    geometry = Geometry(stride, padding, dilation, groups)
    if dy.size and (tile := tile_of(dy.shape, dweight.shape, geometry)):
        winograd.weight_gradient(x, dy, dweight, padding=padding, tile=tile)
        return
    outputs, inputs, *_ = dweight.shape
    dtype, slopes, target = x.dtype.name, contiguous(dy.transpose(0, 2, 3, 1)), _target(dweight)
    if not target.flags.c_contiguous:
        target = np.empty(target.shape, target.dtype)
    if is_depthwise(dweight.shape, groups):
        depthwise_weight.gradient(
            _pixels(x), slopes, target, stride=stride, padding=padding, dilation=dilation
        )
    else:
        sizes = direct_join.sizes(outputs, kernel, inputs, groups)
        with direct_join.collected(dtype, address(target), sizes) as place:
            direct_weight.gradient(
                _pixels(x),
                slopes,
                place,
                kernel=kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                groups=groups // sizes.joined,
            )
    _finish(target, dweight)


class Geometry(NamedTuple):
    """How windows lie."""

    stride: Pair
    padding: Padding
    dilation: Pair
    groups: int


def tile_of(y: Shape, weight: Shape, geometry: Geometry) -> int:
    """The side of Winograd's tiles, or 0 for the direct algorithm, by the shape of the output."""
    outputs, channels, height, width = weight
    kernel, size = (height, width), (y[2], y[3])
    return algorithm.tile(y[0], size, channels, outputs, kernel, **geometry._asdict())


def is_depthwise(weight: Shape, groups: int) -> bool:
    """Whether every output sees one input only, and there is one for each."""
    return weight[1] == 1 and weight[0] == groups


def _correlate(
    source: Array,
    weight: Array,
    bias: Array | None,
    result: Array,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    *,
    backward: bool,
    relu: bool = False,
) -> None:
    """The forward pass, or the gradient for the input."""
    outputs, inputs, height, width = weight.shape
    kernel = height, width
    dtype, pixels, target = source.dtype.name, _pixels(source), _target(result)
    taps = contiguous(weight.transpose(0, 2, 3, 1))
    add = None if bias is None else contiguous(bias)
    if is_depthwise(weight.shape, groups):
        depthwise.correlate(
            pixels,
            taps,
            add,
            target,
            stride=stride,
            padding=padding,
            dilation=dilation,
            backward=backward,
        )
    else:
        sizes = direct_join.sizes(outputs, kernel, inputs, groups)
        with direct_join.spread(dtype, address(taps), sizes) as place:
            direct.correlate(
                pixels,
                place,
                add,
                target,
                kernel=kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                groups=groups // sizes.joined,
                backward=backward,
                relu=relu,
            )
    _finish(target, result)


def _pixels(x: Array) -> Array:
    """N C H W seen as N H W C, with the channels of a pixel side by side."""
    x = x.transpose(0, 2, 3, 1)
    return x if x.strides[3] == x.itemsize or x.shape[3] == 1 else contiguous(x)


def _target(y: Array) -> Array:
    """Where to write y: N H W C, its own memory if the channels of a pixel lie side by side."""
    y = y.transpose(0, 2, 3, 1)
    return y if y.strides[3] == y.itemsize or y.shape[3] == 1 else np.empty(y.shape, y.dtype)


def _finish(target: Array, y: Array) -> None:
    """Fill y where another target was written to instead."""
    if not np.may_share_memory(target, y):
        untapeable()
        y.transpose(0, 2, 3, 1)[...] = target
