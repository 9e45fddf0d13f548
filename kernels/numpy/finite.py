"""Whether all values are finite, and what a loss scale does then."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.numpy.wide import Array


def all_finite(x: Array, flag: Array) -> None:
    flag[...] = np.isfinite(x).all()


def update_scale(
    scale: Array,
    streak: Array,
    finite: Array,
    new_scale: Array,
    new_streak: Array,
    *,
    growth_factor: float,
    backoff_factor: float,
    growth_interval: int,
) -> None:
    good = streak + 1 if finite else 0
    if not finite:
        new_scale[...] = scale * np.float32(backoff_factor)
    elif good == growth_interval:
        grown = scale * np.float32(growth_factor)
        new_scale[...] = grown if np.isfinite(grown) else scale
        good = 0
    else:
        new_scale[...] = scale
    new_streak[...] = good
