"""3x3 convolution of stride 1 and its gradients by Winograd's minimal filtering.

The transforms and their source are in `winograd_matrices`, `winograd_tiles` says how transformed
tiles lie in memory, and `winograd_cut` what is done at a time. Then three things happen to tiles:
they are read into planes, the planes are multiplied by those of the weights, and the products are
written back as tiles (`winograd_convolution`, `winograd_gradients`).

All numbers between reading and writing are float32. The transforms add and subtract neighbours, so
a NaN or an infinity reaches all outputs of its tile, and rounding errors are some ten times those
of sums, for tiles of 4x4.

Letters: N images, C channels in, O out, H W and P Q pixels. Arrays are N C H W in shape; the fast
path is channels-last memory, others are copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from dlcore.kernels.cpu.arrays import Array, address, channels_last
from dlcore.kernels.cpu.launch import temporary, untapeable
from dlcore.kernels.cpu.winograd_convolution import convolve
from dlcore.kernels.cpu.winograd_gradients import backpropagate
from dlcore.kernels.cpu.winograd_weights import (
    for_inputs,
    for_outputs,
    gradient,
    weight_pitch,
    widened,
)
from dlcore.kernels.geometry import Padding, Pair


def suits(kernel: Pair, *, stride: Pair, padding: Padding, dilation: Pair, groups: int) -> bool:
    """Whether these kernels compute such a convolution: 3x3, one group, padding of at most 2."""
    ones = stride == dilation == (1, 1) and groups == 1
    return ones and kernel == (3, 3) and max(map(max, padding)) <= 2


def tile_for(images: int, size: Pair, channels: int, outputs: int) -> int:
    """The tile with which a convolution is fastest, 4 or 2, or 0 if the direct algorithm is.

    Args:
        size: of the output.
    """
    return 4


def forward(
    x: Array,
    weight: Array,
    bias: Array | None,
    y: Array,
    *,
    padding: Padding,
    tile: int,
    relu: bool = False,
) -> None:
    """Y = x * weight (+ bias, then ReLU); the contract is `conv2d`'s.

    Shapes: x N C H W, weight O C 3 3, bias O, y N O P Q.
    """
    outputs, channels = weight.shape[:2]
    dtype, (top, _), (left, _) = x.dtype.name, *padding
    taps = channels_last(weight)
    with _planes(outputs, channels, tile) as u, widened(bias) as add, _channels_last(y) as out:
        for_outputs(address(taps), outputs, channels, dtype, tile, u)
        source = channels_last(x)
        convolve(source, out, u, top=top, left=left, tile=tile, bias=add, relu=relu)


def input_gradient(dy: Array, weight: Array, dx: Array, *, padding: Padding, tile: int) -> None:
    """The gradient of `forward` for x; the contract is `conv2d_input_gradient`'s."""
    outputs, channels = weight.shape[:2]
    dtype, (top, _), (left, _) = dy.dtype.name, *padding
    taps = channels_last(weight)
    with _planes(outputs, channels, tile) as u, _channels_last(dx) as out:
        for_inputs(address(taps), outputs, channels, dtype, tile, u)
        source = channels_last(dy)
        convolve(source, out, u, top=2 - top, left=2 - left, tile=tile, bias=0, relu=False)


def weight_gradient(x: Array, dy: Array, dweight: Array, *, padding: Padding, tile: int) -> None:
    """The gradient of `forward` for weight; the contract is `conv2d_weight_gradient`'s."""
    outputs, channels = dweight.shape[:2]
    (top, _), (left, _) = padding
    source, slopes = channels_last(x), channels_last(dy)
    with _planes(outputs, channels, tile) as sums, _channels_last(dweight) as out:
        backpropagate(slopes, source, None, 0, sums, top=2 - top, left=2 - left, tile=tile)
        gradient(sums, outputs, channels, x.dtype.name, tile, address(out))


def gradients(
    dy: Array,
    x: Array,
    weight: Array,
    dx: Array,
    dweight: Array,
    *,
    padding: Padding,
    tile: int,
) -> None:
    """Both gradients, for little more than one of them costs."""
    outputs, channels = weight.shape[:2]
    dtype, (top, _), (left, _) = x.dtype.name, *padding
    taps, source, slopes = (channels_last(array) for array in (weight, x, dy))
    with _planes(outputs, channels, tile) as u, _planes(outputs, channels, tile) as sums:
        for_inputs(address(taps), outputs, channels, dtype, tile, u)
        with _channels_last(dx) as out:
            backpropagate(slopes, source, out, u, sums, top=2 - top, left=2 - left, tile=tile)
        with _channels_last(dweight) as out:
            gradient(sums, outputs, channels, dtype, tile, address(out))


@contextmanager
def _planes(outputs: int, channels: int, tile: int) -> Iterator[int]:
    """Room for the transforms of weights, or for their gradient's."""
    with temporary((tile + 2) ** 2 * weight_pitch(outputs, channels)) as place:
        yield place


@contextmanager
def _channels_last(y: Array) -> Iterator[Array]:
    """An array N ... C to be filled, whose numbers are y's, N C ..., afterwards."""
    view = y.transpose(0, 2, 3, 1)
    if view.flags.c_contiguous:
        yield view
        return
    untapeable()  # NumPy copies; a replay would not
    result = np.empty(view.shape, view.dtype)
    yield result
    view[...] = result
