"""Softmax from its definition, in loops over float64."""

import math

import numpy as np


def softmax(x, *, axis):
    y = np.zeros(x.shape)
    for place in rows_along(x, axis):
        largest = max((float(value) for value in x[place]), key=_nan_is_largest)
        powers = [
            math.exp(value - largest) if value - largest < 1 else math.nan for value in x[place]
        ]
        y[place] = [power / sum(powers) for power in powers]
    return y


def softmax_gradient(dy, y, *, axis):
    dx = np.zeros(y.shape)
    for place in rows_along(y, axis):
        inner = sum(a * b for a, b in zip(dy[place], y[place], strict=True))
        dx[place] = [b * (a - inner) for a, b in zip(dy[place], y[place], strict=True)]
    return dx


def log_softmax(x, *, axis):
    y = np.zeros(x.shape)
    for place in rows_along(x, axis):
        largest = max((float(value) for value in x[place]), key=_nan_is_largest)
        shifted = [float(value) - largest for value in x[place]]
        total = sum(math.exp(value) if value < 1 else math.nan for value in shifted)
        y[place] = [value - math.log(total) for value in shifted]
    return y


def log_softmax_gradient(dy, y, *, axis):
    dx = np.zeros(y.shape)
    for place in rows_along(y, axis):
        total = sum(dy[place])
        dx[place] = [a - np.exp(b) * total for a, b in zip(dy[place], y[place], strict=True)]
    return dx


def rows_along(x, axis):
    """The index of every row along `axis`: a slice there, one position in all other axes."""
    axis %= x.ndim
    others = [1 if place == axis else length for place, length in enumerate(x.shape)]
    for index in np.ndindex(*others):
        yield tuple(slice(None) if place == axis else at for place, at in enumerate(index))


def _nan_is_largest(value):
    return math.inf if math.isnan(value) else value
