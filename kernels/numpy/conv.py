"""Two-dimensional convolution as matrix products: every window of the input becomes a row.

    y = patches @ weight          patches: (N P Q, R S C), a row for each place of the window
    dweight = dy^T @ patches
    dx += dy @ weight[r, s]       for each kernel position, where the windows have that element

Letters: x is N C H W, weight O C R S, y N O P Q, and G groups cut C and O into parts that have
nothing to do with each other; a matrix product is then one for each group. Images are taken a few
at a time, so that their patches stay in the cache and memory is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from dlcore.kernels.geometry import Padding, Pair, touching
from dlcore.kernels.numpy.wide import Array, wide

_CHUNK = 1 << 20  # elements of patches at a time: 4 MB of fp32
_FEW = 4  # channels below which rows of patches are too short to be copied one by one


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
    x, y = _grouped(wide(x), groups), _grouped(y, groups)
    matrices = _matrices(wide(weight), groups).transpose(0, 2, 1)  # G, R S C/G, O/G
    for images in _chunks(y, matrices.shape[1]):
        part = y[:, images]
        windows = _windows(x[:, images], weight.shape[2:], part, stride, padding, dilation)
        product = _patches(windows) @ matrices  # G, n P Q, O/G
        if bias is not None:
            product += wide(bias).reshape(groups, 1, part.shape[4])
        part[...] = product.reshape(part.shape)


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
    x, dy = _grouped(wide(x), groups), _grouped(wide(dy), groups)
    outputs, inputs, *_ = dweight.shape  # O, C/G
    length = prod(kernel) * inputs
    sums = np.zeros((groups, outputs // groups, length), x.dtype)
    for images in _chunks(dy, length):
        part = dy[:, images]
        windows = _windows(x[:, images], kernel, part, stride, padding, dilation)
        sums += _pixels(part).transpose(0, 2, 1) @ _patches(windows)
    dweight.transpose(0, 2, 3, 1)[...] = sums.reshape(outputs, *kernel, inputs)


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
    dy, dx = _grouped(wide(dy), groups), _grouped(dx, groups)
    outputs, inputs, *kernel = weight.shape
    # R, S, G, O/G, C/G: each kernel position a matrix for each group
    matrices = np.ascontiguousarray(wide(weight).transpose(2, 3, 0, 1))
    matrices = matrices.reshape(*kernel, groups, outputs // groups, inputs)
    for images in _chunks(dy, inputs):
        part = dx[:, images]
        sums = np.zeros(part.shape, dy.dtype)
        slopes = _pixels(dy[:, images])
        for r, s in np.ndindex(*kernel):
            p, h = touching(size[0], dy.shape[2], r * dilation[0], stride[0], padding[0][0])
            q, w = touching(size[1], dy.shape[3], s * dilation[1], stride[1], padding[1][0])
            terms = (slopes @ matrices[r, s]).reshape(*part.shape[:2], *dy.shape[2:4], inputs)
            sums[:, :, h, w] += terms[:, :, p, q]
        part[...] = sums


def _grouped(x: Array, groups: int) -> Array:
    """A view of N, C, H, W as G, N, H, W, C/G."""
    batch, channels, height, width = x.shape
    x = x.transpose(0, 2, 3, 1).reshape(batch, height, width, groups, channels // groups)
    return x.transpose(3, 0, 1, 2, 4)


def _matrices(weight: Array, groups: int) -> Array:
    """The weight as one matrix for each group: G, O/G, R S C/G."""
    outputs, *others = weight.shape
    return weight.transpose(0, 2, 3, 1).reshape(groups, outputs // groups, prod(others))


def _pixels(y: Array) -> Array:
    """G, n, P, Q, O/G as a matrix with a row for each pixel: G, n P Q, O/G."""
    groups, *pixels, channels = y.shape
    return y.reshape(groups, prod(pixels), channels)


def _chunks(y: Array, length: int) -> Iterator[slice]:
    """Slices of the batch with at most _CHUNK elements of patches each (or one image).

    `length` is that of a patch; there is one for each group and pixel of y: G, N, P, Q, O/G.
    """
    groups, batch, height, width, _ = y.shape
    count = max(1, _CHUNK // max(1, groups * height * width * length))
    return (slice(begin, begin + count) for begin in range(0, batch, count))


def _windows(
    x: Array, kernel: Pair, y: Array, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    """A view of G, n, H, W, C/G with the window of every pixel of y: G, n, P, Q, R, S, C/G."""
    if any(map(sum, padding)):
        groups, batch, height, width, channels = x.shape
        (top, bottom), (left, right) = padding
        size = (height + top + bottom, width + left + right)
        roomy = np.zeros((groups, batch, *size, channels), x.dtype)
        roomy[:, :, top : top + height, left : left + width] = x
        x = roomy
    group, image, row, column, channel = x.strides
    moves = (row * stride[0], column * stride[1])
    inside = (row * dilation[0], column * dilation[1])
    return np.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:2], *y.shape[2:4], *kernel, x.shape[4]),
        (group, image, *moves, *inside, channel),
        writeable=False,
    )


def _patches(windows: Array) -> Array:
    """G, n, P, Q, R, S, C/G as a matrix with a row for each window: G, n P Q, R S C/G.

    A copy, unless the memory lies that way already (a 1x1 kernel without stride or groups). With
    few channels the rows would be copied in short runs; then the columns are contiguous instead.
    """
    groups, *places, _, _, channels = windows.shape
    shape = (groups, prod(places), prod(windows.shape[4:]))
    if channels < _FEW:
        columns = windows.transpose(0, 4, 5, 6, 1, 2, 3)
        return columns.reshape(shape[0], shape[2], shape[1]).transpose(0, 2, 1)
    return windows.reshape(shape)
