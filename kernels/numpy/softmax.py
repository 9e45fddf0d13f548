"""Softmax and its logarithm: y = exp(x) / sum(exp(x)), the largest x subtracted first."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide


def softmax(x: Array, y: Array, *, axis: int) -> None:
    if x.size == 0:
        return
    x = wide(x)
    powers = np.exp(x - x.max(axis, keepdims=True))
    y[...] = powers / powers.sum(axis, keepdims=True)


def softmax_gradient(dy: Array, y: Array, dx: Array, *, axis: int) -> None:
    dy, y = wide(dy), wide(y)
    dx[...] = y * (dy - (dy * y).sum(axis, keepdims=True))


def log_softmax(x: Array, y: Array, *, axis: int) -> None:
    if x.size == 0:
        return
    x = wide(x)
    shifted = x - x.max(axis, keepdims=True)
    y[...] = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def log_softmax_gradient(dy: Array, y: Array, dx: Array, *, axis: int) -> None:
    dy, y = wide(dy), wide(y)
    dx[...] = dy - np.exp(y) * dy.sum(axis, keepdims=True)
