"""Finite flags and the loss scale from their definition."""

import math

import numpy as np


def all_finite(x):
    return np.array(all(math.isfinite(value) for value in x.ravel()))


def update_scale(scale, streak, finite, *, growth_factor, backoff_factor, growth_interval):
    scale, streak = float(scale), int(streak)
    if not finite:
        return np.array(scale * backoff_factor), np.array(0, np.int32)
    if streak + 1 == growth_interval:
        grown = scale * growth_factor
        largest = float(np.finfo(np.float32).max)
        return np.array(grown if grown <= largest else scale), np.array(0, np.int32)
    return np.array(scale), np.array(streak + 1, np.int32)
