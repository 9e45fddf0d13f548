"""Resizing from its definition, pixel by pixel."""

import math

import numpy as np


def resize(x, *, size, mode, align_corners, scale):
    y = np.zeros((*x.shape[:2], *size))
    for n, c, p, q in np.ndindex(*y.shape):
        rows = taps(p, x.shape[2], size[0], mode, align_corners, scale[0])
        columns = taps(q, x.shape[3], size[1], mode, align_corners, scale[1])
        y[n, c, p, q] = sum(a * b * x[n, c, h, w] for h, a in rows for w, b in columns)
    return y


def resize_gradient(dy, *, shape, mode, align_corners, scale):
    dx = np.zeros(shape)
    for n, c, p, q in np.ndindex(*dy.shape):
        rows = taps(p, shape[2], dy.shape[2], mode, align_corners, scale[0])
        columns = taps(q, shape[3], dy.shape[3], mode, align_corners, scale[1])
        for h, a in rows:
            for w, b in columns:
                dx[n, c, h, w] += a * b * dy[n, c, p, q]
    return dx


def taps(i, size, count, mode, align_corners, scale):
    """The elements that element i of the output is made of, with their weights."""
    ratio = 1 / scale if scale else size / count
    if mode == "nearest" and count in (size, 2 * size):
        return [(i * size // count, 1)]
    if mode == "nearest":
        return [(min(math.floor(i * ratio), size - 1), 1)]
    if mode == "nearest-exact":
        return [(min(math.floor((i + 0.5) * ratio), size - 1), 1)]
    if align_corners:
        at = i * (size - 1) / (count - 1) if count > 1 else 0
    else:
        at = max((i + 0.5) * ratio - 0.5, 0)
    lower = min(math.floor(at), size - 1)
    weight = min(at - lower, 1)
    return [(lower, 1 - weight), (min(lower + 1, size - 1), weight)]
