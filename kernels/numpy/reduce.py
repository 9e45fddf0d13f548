"""Many elements in, one element out: each rule as one NumPy expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide

Axes = tuple[int, ...]


def reduce(x: Array, y: Array, *, rule: str, axes: Axes, keepdims: bool) -> None:
    y[...] = _RULES[rule](wide(x), axis=axes if x.ndim else (), keepdims=keepdims)


def _mean(x: Array, axis: Axes, keepdims: bool) -> Any:
    total = x.sum(axis, keepdims=keepdims)
    return total / (x.size // total.size if total.size else 1)


def _logsumexp(x: Array, axis: Axes, keepdims: bool) -> Any:
    largest = x.max(axis, keepdims=True, initial=-np.inf)
    largest[~np.isfinite(largest)] = 0  # so that Inf - Inf does not make a NaN
    total = np.log(np.exp(x - largest).sum(axis, keepdims=True)) + largest
    return total if keepdims else total.squeeze(axis)


_RULES: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": _mean,
    "prod": np.prod,
    "amax": np.max,
    "amin": np.min,
    "any": np.any,
    "all": np.all,
    "logsumexp": _logsumexp,
}
