"""Where a resized axis takes its values from: shared by all devices.

Each element of the output is a weighted sum of a few elements of the input; `taps` lists them as
one (places, weights) pair for each of the few.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def taps(
    size: int, count: int, mode: str, align_corners: bool, scale: float | None
) -> list[tuple[Array, Array]]:
    """Places in an axis of `size` elements, and their weights, for `count` elements of output.

    Element i stands at (i + 1/2) r - 1/2 between the input's elements, r = size / count or
    1 / scale; with `align_corners` at i (size - 1) / (count - 1).

    >>> for places, weights in taps(2, 4, "linear", align_corners=False, scale=None):
    ...     print(places, weights)
    [0 0 0 1] [1.   0.75 0.25 0.75]
    [1 1 1 1] [0.   0.25 0.75 0.25]

    Args:
        mode: "linear" between two neighbours (the first and last element stand for all beyond);
            "nearest" takes floor(i r), "nearest-exact" floor((i + 1/2) r). Into the same or twice
            the size, "nearest" follows the sizes whatever `scale` is, as in PyTorch.
        align_corners: for "linear": first and last elements stay where they are.
        scale: the factor that was asked for, where it isn't count / size.
    """
    i = np.arange(count)
    if mode != "linear":
        return [(_nearest(i, size, count, mode, scale), np.ones(count))]
    if align_corners:
        at = i * ((size - 1) / (count - 1)) if count > 1 else np.zeros(count)
    else:
        ratio = size / count if scale is None else 1 / scale
        at = np.maximum((i + 0.5) * ratio - 0.5, 0)
    lower = np.minimum(at.astype(np.int64), size - 1)
    upper = np.minimum(lower + 1, size - 1)
    weight = np.minimum(at - lower, 1)
    return [(lower, 1 - weight), (upper, weight)]


def _nearest(i: Array, size: int, count: int, mode: str, scale: float | None) -> Array:
    """In single precision, as everybody does it: rounding decides which neighbour it is."""
    if mode == "nearest" and count in (size, 2 * size):
        scale = None
    ratio = np.float32(size) / np.float32(count) if scale is None else np.float32(1 / scale)
    offset = np.float32(0.5 if mode == "nearest-exact" else 0)
    at = np.floor((i.astype(np.float32) + offset) * ratio)
    places: Array = np.minimum(at.astype(np.int64), size - 1)
    return places
