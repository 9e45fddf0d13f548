"""Arrays joined along an axis."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.numpy.wide import Array


def concatenate(*arrays: Array, axis: int) -> None:
    *parts, y = arrays
    np.concatenate(parts, axis, out=y)
