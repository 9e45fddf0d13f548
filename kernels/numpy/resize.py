"""Resizing, one axis after the other: a weighted sum of a few elements for each of the output."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.geometry import Pair
from dlcore.kernels.numpy.wide import Array, wide
from dlcore.kernels.sampling import taps


def resize(
    x: Array, y: Array, *, size: Pair, mode: str, align_corners: bool, scale: tuple[Any, Any]
) -> None:
    image = wide(x).transpose(0, 2, 3, 1)
    for axis in (1, 2):
        length, count = image.shape[axis], size[axis - 1]
        first, *others = [
            image.take(places, axis) * _along(weights, axis, image.dtype)
            for places, weights in taps(length, count, mode, align_corners, scale[axis - 1])
        ]
        image = sum(others, first)
    y.transpose(0, 2, 3, 1)[...] = image


def resize_gradient(
    dy: Array,
    dx: Array,
    *,
    shape: tuple[int, ...],
    mode: str,
    align_corners: bool,
    scale: tuple[Any, Any],
) -> None:
    image = wide(dy).transpose(0, 2, 3, 1)
    for axis in (1, 2):
        length, count = shape[axis + 1], image.shape[axis]
        before: tuple[Any, ...] = (slice(None),) * axis
        sums = np.zeros((*image.shape[:axis], length, *image.shape[axis + 1 :]), image.dtype)
        for places, weights in taps(length, count, mode, align_corners, scale[axis - 1]):
            shares = image * _along(weights, axis, image.dtype)
            for place, target in enumerate(places):
                sums[(*before, target)] += shares[(*before, place)]
        image = sums
    dx.transpose(0, 2, 3, 1)[...] = image


def _along(weights: Array, axis: int, dtype: Any) -> Array:
    """One weight for each element of an axis of N H W C."""
    return weights.astype(dtype).reshape((-1, 1, 1) if axis == 1 else (-1, 1))
