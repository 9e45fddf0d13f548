"""Windows on arrays that kernels of several devices copy to and from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dlcore.kernels.geometry import Padding, Pair, output_size, touching

Array = np.ndarray[Any, np.dtype[Any]]


def overlap(shape: tuple[int, ...], padding: tuple[Pair, ...]) -> tuple[Any, Any]:
    """What stays: its place in x, and its place in y."""
    inner = [
        slice(max(-before, 0), max(length - max(-after, 0), 0))
        for length, (before, after) in zip(shape, padding, strict=True)
    ]
    outer = [
        slice(max(before, 0), max(before, 0) + max(place.stop - place.start, 0))
        for place, (before, _) in zip(inner, padding, strict=True)
    ]
    return tuple(inner), tuple(outer)


def positions(
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
