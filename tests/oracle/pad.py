"""Padding from its definition, element by element."""

import numpy as np


def pad(x, *, padding, mode, value):
    shape = [
        length + before + after for length, (before, after) in zip(x.shape, padding, strict=True)
    ]
    y = np.full(shape, value, x.dtype)
    for at in np.ndindex(*shape):
        source = source_of(at, x.shape, padding, mode)
        if source is not None:
            y[at] = x[source]
    return y


def pad_gradient(dy, *, shape, padding, mode):
    dx = np.zeros(shape)
    for at in np.ndindex(*dy.shape):
        source = source_of(at, shape, padding, mode)
        if source is not None:
            dx[source] += dy[at]
    return dx


def source_of(at, shape, padding, mode):
    """The element that is copied to `at`; None for the constant."""
    source = []
    for place, length, (before, after) in zip(at, shape, padding, strict=True):
        j = place - before
        if mode == "circular":
            first, last = max(0, -before), min(length, length + after) - 1
            kept = last - first + 1
            j = j + kept if j < first else j - kept if j > last else j
        if mode == "replicate":
            j = 0 if j < 0 else length - 1 if j >= length else j
        if mode == "reflect":
            j = -j if j < 0 else 2 * (length - 1) - j if j >= length else j
        if not 0 <= j < length:
            return None
        source.append(j)
    return tuple(source)
