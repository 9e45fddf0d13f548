"""Windows of an image as columns, and back: one slice for each kernel position.

N C R S P Q is the view in which both are simple: a kernel position (r, s) and all places of the
window where it lies inside the image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dlcore.kernels.geometry import Padding, Pair, output_size, touching
from dlcore.kernels.numpy.wide import Array, wide


def unfold(
    x: Array, y: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> None:
    y[...] = 0
    for pixels, columns in _positions(x, y, kernel, stride, padding, dilation):
        columns[...] = pixels


def fold(
    x: Array, y: Array, *, size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> None:
    x = wide(x)
    sums = np.zeros(y.shape, x.dtype)
    for pixels, columns in _positions(sums, x, kernel, stride, padding, dilation):
        pixels += columns
    y[...] = sums


def _positions(
    image: Array, columns: Array, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Iterator[tuple[Array, Array]]:
    """For each kernel position the pixels that it meets, and their elements of the columns."""
    batch, channels, *size = image.shape
    measures: Any = zip(size, kernel, stride, padding, dilation, strict=True)
    places = [output_size(*measure) for measure in measures]
    columns = columns.reshape(batch, channels, *kernel, *places)
    for r, s in np.ndindex(*kernel):
        p, h = touching(size[0], places[0], r * dilation[0], stride[0], padding[0][0])
        q, w = touching(size[1], places[1], s * dilation[1], stride[1], padding[1][0])
        yield image[:, :, h, w], columns[:, :, r, s, p, q]
