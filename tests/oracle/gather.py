"""Picking and putting by index from the definitions, one element at a time."""

import numpy as np


def flat_index(*indices, lengths, axes):
    y = np.zeros(indices[0].shape, np.int64)
    for place in np.ndindex(*y.shape):
        position = 0
        for index, length in zip(indices, lengths, strict=True):
            at = int(index[place])
            position = position * length + (at if at >= 0 else at + length)
        y[place] = position
    return y


def take(x, index, *, axis):
    axis %= x.ndim
    y = np.zeros((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]), x.dtype)
    for place in np.ndindex(*y.shape):
        y[place] = x[source_of(place, index, axis)]
    return y


def put(x, index, source, *, axis, reduce):
    axis %= x.ndim
    y = x.copy()
    for place in np.ndindex(*source.shape):
        at = source_of(place, index, axis)
        y[at] = source[place] if reduce == "set" else y[at] + source[place]
    return y


def source_of(place, index, axis):
    """Where in x an element of a taken array comes from."""
    inner = place[axis : axis + index.ndim]
    return (*place[:axis], int(index[inner]), *place[axis + index.ndim :])


def gather(x, index, *, axis):
    y = np.zeros(index.shape, x.dtype)
    for place in np.ndindex(*index.shape):
        y[place] = x[moved(place, index, axis)]
    return y


def scatter(x, index, source, *, axis, reduce):
    y = x.copy()
    for place in np.ndindex(*index.shape):
        at = moved(place, index, axis)
        y[at] = source[place] if reduce == "set" else y[at] + source[place]
    return y


def moved(place, index, axis):
    """The same place, but at the index's own along `axis`."""
    axis %= index.ndim
    return (*place[:axis], int(index[place]), *place[axis + 1 :])
