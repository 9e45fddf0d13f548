"""Windows of an image as columns, and back: one slice for each kernel position.

N C R S P Q is the view in which both are simple: a kernel position (r, s) and all places of the
window where it lies inside the image.
"""

from __future__ import annotations

import numpy as np

from dlcore.kernels.geometry import Padding, Pair
from dlcore.kernels.numpy.wide import Array, wide
from dlcore.kernels.views import positions


def unfold(
    x: Array, y: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> None:
    y[...] = 0
    for pixels, columns in positions(x, y, kernel, stride, padding, dilation):
        columns[...] = pixels


def fold(
    x: Array, y: Array, *, size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> None:
    x = wide(x)
    sums = np.zeros(y.shape, x.dtype)
    for pixels, columns in positions(sums, x, kernel, stride, padding, dilation):
        pixels += columns
    y[...] = sums
