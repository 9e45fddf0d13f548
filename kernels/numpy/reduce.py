"""Many elements in, one element out: each rule as one NumPy expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide

Axes = tuple[int, ...]


def reduce(x: Array, y: Array, *, rule: str, axes: Axes, keepdims: bool) -> None:
    y[...] = _RULES[rule](wide(x), axis=axes if x.ndim else (), keepdims=keepdims)


def prod_gradient(dy: Array, x: Array, dx: Array, *, axes: Axes) -> None:
    if not x.size:
        return
    x, last = wide(x), tuple(range(x.ndim - len(axes), x.ndim))
    moved = np.moveaxis(x, axes, last) if x.ndim else x
    line = moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)
    one = np.ones_like(line[..., :1])
    before = np.concatenate([one, line[..., :-1].cumprod(-1)], -1)
    after = np.concatenate([line[..., :0:-1].cumprod(-1)[..., ::-1], one], -1)
    others = (before * after).reshape(moved.shape)
    dx[...] = wide(dy) * (np.moveaxis(others, last, axes) if x.ndim else others)


def arg_reduce(x: Array, y: Array, *, rule: str, axis: int | None, keepdims: bool) -> None:
    find = np.argmax if rule == "argmax" else np.argmin
    if x.ndim:
        y[...] = find(wide(x), axis=axis, keepdims=keepdims)
    else:
        y[...] = 0


def pick_gradient(dy: Array, index: Array, dx: Array, *, axis: int, length: int) -> None:
    if not dx.ndim:
        dx[...] = dy
        return
    dx[...] = 0
    np.put_along_axis(dx, index, dy, axis)


def cumulative(x: Array, y: Array, *, rule: str, axis: int, backwards: bool) -> None:
    if not x.ndim:
        y[...] = x
        return
    run = np.cumsum if rule == "cumsum" else np.cumprod
    x = np.flip(wide(x), axis) if backwards else wide(x)
    total = run(x, axis)
    y[...] = np.flip(total, axis) if backwards else total


def cumprod_gradient(dy: Array, x: Array, dx: Array, *, axis: int) -> None:
    if not x.ndim:
        dx[...] = dy
        return
    dy, x, dx = (np.moveaxis(array, axis, 0) for array in (wide(dy), wide(x), dx))
    # dx_i = p_i s_i, where p_i is the product before i and s_i = dy_i + x_(i+1) s_(i+1).
    before = np.ones_like(x)
    before[1:] = x[:-1].cumprod(0)
    later = np.zeros_like(x[0]) if len(x) else x
    for place in reversed(range(len(x))):
        later = dy[place] + (x[place + 1] * later if place + 1 < len(x) else 0)
        dx[place] = before[place] * later


def variance(
    x: Array, v: Array, m: Array, *, axes: Axes, correction: float, keepdims: bool
) -> None:
    axes = axes if x.ndim else ()
    x = wide(x)
    mean = _mean(x, axes, True)
    total = np.square(x - mean).sum(axes, keepdims=True)
    count = x.size // mean.size if mean.size else 1
    v[...] = (total / max(count - correction, 0)).reshape(v.shape)
    m[...] = mean.reshape(m.shape)


def vector_norm(x: Array, y: Array, *, order: float, axes: Axes, keepdims: bool) -> None:
    size, axes = np.abs(wide(x)), axes if x.ndim else ()
    if np.isinf(order):
        y[...] = (size.max if order > 0 else size.min)(axes, keepdims=keepdims)
    elif order == 0:
        y[...] = (size != 0).sum(axes, keepdims=keepdims)
    elif order == 2:
        y[...] = np.sqrt(np.square(size).sum(axes, keepdims=keepdims))
    else:
        y[...] = np.power(size, order).sum(axes, keepdims=keepdims) ** (1 / order)


def _mean(x: Array, axis: Axes, keepdims: bool) -> Any:
    total = x.sum(axis, keepdims=keepdims)
    return total / (x.size // total.size if total.size else 1)


def _logsumexp(x: Array, axis: Axes, keepdims: bool) -> Any:
    largest = x.max(axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)  # so that no Inf - Inf makes a NaN
    total = np.log(np.exp(x - largest).sum(axis, keepdims=True)) + largest
    return total if keepdims else total.squeeze(axis)


_RULES: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": _mean,
    "prod": np.prod,
    "amax": np.max,
    "amin": np.min,
    "count": np.count_nonzero,
    "any": np.any,
    "all": np.all,
    "logsumexp": _logsumexp,
}
