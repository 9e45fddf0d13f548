"""Normalisation: h = (x - mean) / sqrt(variance + eps), the mean first, then the variance.

Arrays are seen as N ... C, or N ... G C/G for groups; statistics of channels then broadcast.
"""

from __future__ import annotations

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide


def batch_norm(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    y: Array,
    mean: Array,
    variance: Array,
    *,
    eps: float,
) -> None:
    x = _channels_last(wide(x))
    axes = tuple(range(x.ndim - 1))
    mean[...] = _average(x, axes)
    centred = x - mean
    variance[...] = _average(centred * centred, axes)
    centred *= _scale(variance, weight, eps)
    _channels_last(y)[...] = _shifted(centred, bias)


def batch_norm_inference(
    x: Array,
    mean: Array,
    variance: Array,
    weight: Array | None,
    bias: Array | None,
    y: Array,
    *,
    eps: float,
) -> None:
    centred = _channels_last(wide(x)) - wide(mean)
    centred *= _scale(variance, weight, eps)
    _channels_last(y)[...] = _shifted(centred, bias)


def batch_norm_gradient(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Array | None,
    dx: Array,
    dweight: Array,
    dbias: Array,
    *,
    eps: float,
    training: bool,
) -> None:
    dy, x = _channels_last(wide(dy)), _channels_last(wide(x))
    axes = tuple(range(x.ndim - 1))
    h = x - wide(mean)
    h *= _scale(variance, None, eps)
    dbias[...], dweight[...] = _total(dy, axes), _total(dy * h, axes)
    if training:
        count = x.size // max(x.shape[-1], 1)
        dy = dy - (dbias + h * dweight) / count
    _channels_last(dx)[...] = dy * _scale(variance, weight, eps)


def running_statistics(
    running_mean: Array,
    running_variance: Array,
    mean: Array,
    variance: Array,
    batches: Array | None,
    new_mean: Array,
    new_variance: Array,
    *,
    momentum: float | None,
    count: int,
) -> None:
    rate = momentum if momentum is not None else 1 / np.asarray(batches, np.float64)
    unbiased = count / (count - 1) if count > 1 else np.nan
    for running, value, out in (
        (running_mean, mean, new_mean),
        (running_variance, variance * mean.dtype.type(unbiased), new_variance),
    ):
        kept = mean.dtype.type(1 - rate)
        out[...] = kept * wide(running) + mean.dtype.type(rate) * value


def group_norm(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    y: Array,
    mean: Array,
    variance: Array,
    *,
    groups: int,
    eps: float,
) -> None:
    x = _grouped(wide(x), groups)
    axes = (*range(1, x.ndim - 2), x.ndim - 1)
    centre = _average(x, axes, keepdims=True)
    centred = x - centre
    spread = _average(centred * centred, axes, keepdims=True)
    mean[...], variance[...] = (value.reshape(mean.shape) for value in (centre, spread))
    centred *= _scale(spread, None, eps)
    if weight is not None:
        centred *= wide(weight).reshape(groups, -1)
    shift = None if bias is None else bias.reshape(groups, -1)
    _channels_last(y)[...] = _shifted(centred, shift).reshape(_channels_last(y).shape)


def group_norm_gradient(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Array | None,
    dx: Array,
    dweight: Array,
    dbias: Array,
    *,
    groups: int,
    eps: float,
) -> None:
    dy, x = _grouped(wide(dy), groups), _grouped(wide(x), groups)
    axes = (*range(1, x.ndim - 2), x.ndim - 1)
    each = (x.shape[0], *(1,) * (x.ndim - 3), groups, 1)  # N 1 ... G 1
    scale = _scale(variance.reshape(each), None, eps)
    h = (x - mean.reshape(each)) * scale
    others = tuple(range(x.ndim - 2))
    dbias[...] = _total(dy, others).reshape(-1)
    dweight[...] = _total(dy * h, others).reshape(-1)
    g = dy if weight is None else dy * wide(weight).reshape(groups, -1)
    inner = g - _average(g, axes, keepdims=True) - h * _average(g * h, axes, keepdims=True)
    _channels_last(dx)[...] = (inner * scale).reshape(_channels_last(dx).shape)


def local_response_norm(
    x: Array, y: Array, *, size: int, alpha: float, beta: float, k: float
) -> None:
    x = _channels_last(wide(x))
    divisor = k + alpha / size * _neighbours(x * x, size // 2, (size - 1) // 2)
    _channels_last(y)[...] = x / divisor**beta


def local_response_norm_gradient(
    dy: Array, x: Array, dx: Array, *, size: int, alpha: float, beta: float, k: float
) -> None:
    dy, x = _channels_last(wide(dy)), _channels_last(wide(x))
    divisor = k + alpha / size * _neighbours(x * x, size // 2, (size - 1) // 2)
    direct = dy / divisor**beta
    through = _neighbours(direct * x / divisor, (size - 1) // 2, size // 2)
    _channels_last(dx)[...] = direct - 2 * alpha * beta / size * x * through


def _channels_last(x: Array) -> Array:
    """N C ... as N ... C."""
    return x.transpose(0, *range(2, x.ndim), 1)


def _grouped(x: Array, groups: int) -> Array:
    """N C ... as N ... G C/G."""
    x = _channels_last(x)
    return x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)


def _total(x: Array, axes: tuple[int, ...]) -> Array:
    """Sums in float64: NumPy adds along outer axes one by one, which costs fp32 digits."""
    sums: Array = x.sum(axes, dtype=np.float64)
    return sums.astype(x.dtype)


def _average(x: Array, axes: tuple[int, ...], keepdims: bool = False) -> Array:
    count = np.prod([x.shape[axis] for axis in axes])
    averages: Array = x.sum(axes, dtype=np.float64, keepdims=keepdims) / count
    return averages.astype(x.dtype)


def _scale(variance: Array, weight: Array | None, eps: float) -> Array:
    scale: Array = 1 / np.sqrt(wide(variance) + eps)
    return scale if weight is None else scale * wide(weight)


def _shifted(x: Array, bias: Array | None) -> Array:
    if bias is not None:
        x += wide(bias)
    return x


def _neighbours(x: Array, below: int, above: int) -> Array:
    """For each channel, the last axis, the sum from `below` channels before to `above` after."""
    channels = x.shape[-1]
    sums = np.zeros_like(x)
    for step in range(-min(below, channels), min(above, channels) + 1):
        first, last = max(-step, 0), channels - max(step, 0)
        sums[..., first:last] += x[..., first + step : last + step]
    return sums
