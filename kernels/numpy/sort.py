"""Elements in order along an axis."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide


def sort(x: Array, y: Array, index: Array, *, axis: int, descending: bool) -> None:
    if not x.ndim:
        y[...], index[...] = x, 0
        return
    if descending:  # backwards, so that what is equal comes out in its old order
        order = x.shape[axis] - 1 - np.argsort(np.flip(wide(x), axis), axis, kind="stable")
        order = np.flip(order, axis)
    else:
        order = np.argsort(wide(x), axis, kind="stable")
    index[...] = order
    y[...] = np.take_along_axis(x, order, axis)
