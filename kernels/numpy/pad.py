"""Padding, one axis after the other: each end is a copy of elements chosen by the mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.geometry import Pair
from dlcore.kernels.numpy.wide import Array, wide
from dlcore.kernels.views import overlap


def pad(x: Array, y: Array, *, padding: tuple[Pair, ...], mode: str, value: float) -> None:
    if mode == "constant":
        inner, outer = overlap(x.shape, padding)
        y[...] = value
        y[outer] = x[inner]
        return
    for axis, (before, after) in enumerate(padding):
        if before or after:
            x = x.take(_sources(x.shape[axis], before, after, mode), axis)
    y[...] = x


def pad_gradient(
    dy: Array, dx: Array, *, shape: tuple[int, ...], padding: tuple[Pair, ...], mode: str
) -> None:
    if mode == "constant":
        inner, outer = overlap(shape, padding)
        dx[...] = 0
        dx[inner] = dy[outer]
        return
    dy = wide(dy)
    for axis, (before, after) in enumerate(padding):
        if before or after:
            dy = _summed(dy, axis, _sources(shape[axis], before, after, mode), shape[axis])
    dx[...] = dy


def _sources(length: int, before: int, after: int, mode: str) -> Array:
    """For each element of a padded axis, which one it copies."""
    at = np.arange(-before, length + after)
    if mode == "circular":  # what is cut off is not there to be copied
        begin, end = max(-before, 0), length - max(-after, 0)
        at = begin + (at - begin) % max(end - begin, 1)
    elif mode == "replicate":
        at = at.clip(0, length - 1)
    else:
        at = np.abs(at)
        at = np.where(at < length, at, 2 * (length - 1) - at)
    return at


def _summed(dy: Array, axis: int, sources: Array, length: int) -> Array:
    before: tuple[Any, ...] = (slice(None),) * axis
    sums = np.zeros((*dy.shape[:axis], length, *dy.shape[axis + 1 :]), dy.dtype)
    for place, source in enumerate(sources):
        sums[(*before, source)] += dy[(*before, place)]
    return sums
