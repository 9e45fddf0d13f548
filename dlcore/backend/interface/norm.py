"""Normalisation: over the batch for each channel, over groups of channels, over neighbours.

Layer norm is `group_norm` of rows as one group, instance norm that of as many groups as channels.
"""

from __future__ import annotations

from dlcore.backend.interface.array import (
    FLOATS,
    Array,
    Dtype,
    Spec,
    channels_last,
    float32,
    float64,
    int64,
)
from dlcore.backend.interface.checks import require_dtype
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import DtypeError, OptionError, ShapeError


def statistics_dtype(x: Array) -> Dtype:
    """The dtype of means and variances of x: float64 for float64, else float32."""
    return float64 if x.dtype == float64 else float32


@primitive
def batch_norm(
    x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> tuple[Array, Array, Array]:
    """Y = (x - mean) / sqrt(variance + eps) * weight + bias, with statistics of the batch.

    mean and variance (sum (x - mean)^2 / count, the biased one) are over all axes but axis 1.
    They are computed without cancellation: a mean far from zero costs no digits of the variance.
    A weight of None is 1, a bias of None 0.

    Shapes: x, y: N C ...; weight, bias, mean, variance: C. Layout: y channels last.
    Dtypes: x, y floats; statistics float32 (float64 for float64), in which all is computed and y
    rounded once; weight and bias have x's dtype or that of the statistics.

    Raises:
        ShapeError: a single value per channel, weight or bias not C.
    """
    _require_channels("batch_norm", x, weight=weight, bias=bias)
    channels = x.shape[1]
    if x.size == channels and channels:
        raise ShapeError(
            "batch_norm",
            expected="more than 1 value per channel when training",
            received=f"x of shape {x.shape}",
            remedy="use a larger batch, drop the last small one, or call .eval()",
        )
    dtype = statistics_dtype(x)
    y = Spec(x.shape, x.dtype, channels_last(x.ndim))
    return y, Spec((channels,), dtype), Spec((channels,), dtype)


@primitive
def batch_norm_inference(
    x: Array, mean: Array, variance: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Array:
    """Y = (x - mean) / sqrt(variance + eps) * weight + bias, with statistics that are given.

    Shapes, layout, dtypes: as `batch_norm`; mean and variance, too, may have x's dtype.
    """
    operands = {"mean": mean, "variance": variance, "weight": weight, "bias": bias}
    _require_channels("batch_norm_inference", x, **operands)
    return Spec(x.shape, x.dtype, channels_last(x.ndim))


@primitive
def batch_norm_gradient(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Array | None,
    *,
    eps: float,
    training: bool,
) -> tuple[Array, Array, Array]:
    """Gradients of `batch_norm` (training) or `batch_norm_inference`: dx, dweight, dbias.

    With h = (x - mean) / sqrt(variance + eps) and sums over all axes but 1 of `count` elements:
    dbias = sum dy, dweight = sum dy h, dx = weight / sqrt(variance + eps) * dy for given
    statistics, and with those of the batch ... * (dy - dbias / count - h dweight / count).

    Shapes: dy, x, dx: N C ...; all others C. Layout: dx channels last.
    Dtypes: dx as x, rounded once; dweight, dbias as the statistics of x.
    """
    _require_like("batch_norm_gradient", dy, x)
    dtype, channels = statistics_dtype(x), x.shape[1]
    dx = Spec(x.shape, x.dtype, channels_last(x.ndim))
    return dx, Spec((channels,), dtype), Spec((channels,), dtype)


@primitive
def running_statistics(
    running_mean: Array,
    running_variance: Array,
    mean: Array,
    variance: Array,
    batches: Array | None,
    *,
    momentum: float | None,
    count: int,
) -> tuple[Array, Array]:
    """(1 - m) running + m new, for a mean and a variance; new variances are made unbiased.

    m is `momentum`, or 1 / batches if that is None: then the result is the plain average of all
    batches so far. The new variance is variance count / (count - 1).

    Shapes: batches (); all others C. The outputs may be the running arrays themselves.
    Dtypes: outputs as the running arrays; computed in fp32 at least; batches int64.
    """
    if momentum is None and batches is None:
        raise OptionError(
            "running_statistics",
            expected="a momentum, or the number of batches so far",
            received="neither",
            remedy="give momentum=0.1, or num_batches_tracked",
        )
    if batches is not None:
        require_dtype("running_statistics", "batches", batches, {int64})
    for name, array in (("running_mean", running_mean), ("running_variance", running_variance)):
        require_dtype("running_statistics", name, array, FLOATS)
        if array.shape != mean.shape:
            raise ShapeError(
                "running_statistics",
                expected=f"{name} of shape {mean.shape}, a number for each channel",
                received=f"shape {array.shape}",
                remedy="build the layer for as many channels as the input has",
            )
    return (
        Spec(running_mean.shape, running_mean.dtype),
        Spec(running_variance.shape, running_variance.dtype),
    )


@primitive
def group_norm(
    x: Array, weight: Array | None, bias: Array | None, *, groups: int, eps: float
) -> tuple[Array, Array, Array]:
    """Y = (x - mean) / sqrt(variance + eps) * weight + bias, with statistics of each group.

    The C channels of a sample are G groups of neighbours; mean and (biased) variance are over the
    channels of a group and all further axes. Weight and bias belong to channels.

    Shapes: x, y: N C ...; weight, bias: C; mean, variance: N G. Layout: y channels last.
    Dtypes, cancellation: as `batch_norm`.

    Raises:
        ShapeError: C is not a multiple of G, weight or bias not C.
    """
    _require_channels("group_norm", x, weight=weight, bias=bias)
    if groups < 1 or x.shape[1] % groups:
        raise ShapeError(
            "group_norm",
            expected=f"channels in {groups} groups of equal size",
            received=f"{x.shape[1]} channels, x of shape {x.shape}",
            remedy="choose num_groups so that it divides the channels",
        )
    dtype = statistics_dtype(x)
    statistics = Spec((x.shape[0], groups), dtype)
    y = Spec(x.shape, x.dtype, channels_last(x.ndim))
    return y, statistics, Spec((x.shape[0], groups), dtype)


@primitive
def group_norm_gradient(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Array | None,
    *,
    groups: int,
    eps: float,
) -> tuple[Array, Array, Array]:
    """Gradients of `group_norm`: dx, dweight, dbias.

    With h = (x - mean) / sqrt(variance + eps): dbias = sum dy, dweight = sum dy h over all axes but
    1; with g = dy weight and averages over the group: dx = (g - mean g - h mean(g h)) /
    sqrt(variance + eps).

    Shapes: dy, x, dx: N C ...; weight, dweight, dbias: C; mean, variance: N G.
    Layout, dtypes: as `batch_norm_gradient`.
    """
    _require_like("group_norm_gradient", dy, x)
    dtype, channels = statistics_dtype(x), x.shape[1]
    dx = Spec(x.shape, x.dtype, channels_last(x.ndim))
    return dx, Spec((channels,), dtype), Spec((channels,), dtype)


@primitive
def local_response_norm(x: Array, *, size: int, alpha: float, beta: float, k: float) -> Array:
    """Y = x / d^beta, d[c] = k + alpha / size * sum of x[e]^2 over neighbours e of channel c.

    The neighbours are the channels e from c - size // 2 to c + (size - 1) // 2 that exist.

    Shapes: x, y: N C ... Layout: y channels last. Dtypes: floats; computed in fp32 (float64 for
    float64), rounded once.

    Raises:
        ShapeError: fewer than 2 axes.
        OptionError: size below 1.
    Source: Krizhevsky et al., ImageNet classification with deep convolutional neural networks,
    2012, section 3.3, with alpha divided by size.
    """
    require_dtype("local_response_norm", "x", x, FLOATS)
    _require_axes("local_response_norm", x)
    if size < 1:
        raise OptionError(
            "local_response_norm",
            expected="size of 1 or more",
            received=str(size),
            remedy="size is the number of neighbouring channels, the channel itself included",
        )
    return Spec(x.shape, x.dtype, channels_last(x.ndim))


@primitive
def local_response_norm_gradient(
    dy: Array, x: Array, *, size: int, alpha: float, beta: float, k: float
) -> Array:
    """Dx[e] = dy[e] / d[e]^beta - 2 alpha beta / size * x[e] * sum of dy[c] x[c] / d[c]^(beta + 1).

    The sum is over the channels c that have e among their neighbours.

    Shapes, layout, dtypes: as `local_response_norm`.
    """
    _require_like("local_response_norm_gradient", dy, x)
    return Spec(x.shape, x.dtype, channels_last(x.ndim))


def _require_axes(operation: str, x: Array) -> None:
    if x.ndim < 2:
        raise ShapeError(
            operation,
            expected="x with at least 2 axes (N C ...)",
            received=f"x of shape {x.shape}",
            remedy="reshape it, or add the missing axis with unsqueeze",
        )


def _require_channels(operation: str, x: Array, **vectors: Array | None) -> None:
    """Refuse vectors that don't have one number of x's or the statistics' dtype a channel."""
    require_dtype(operation, "x", x, FLOATS)
    _require_axes(operation, x)
    for name, vector in vectors.items():
        if vector is None:
            continue
        if vector.shape != x.shape[1:2]:
            raise ShapeError(
                operation,
                expected=f"{name} of shape {x.shape[1:2]}, a number for each channel",
                received=f"{name} of shape {vector.shape} for x of shape {x.shape}",
                remedy="build the layer for as many channels as the input has",
            )
        require_dtype(operation, name, vector, {x.dtype, statistics_dtype(x)})


def _require_like(operation: str, dy: Array, x: Array) -> None:
    require_dtype(operation, "x", x, FLOATS)
    if (dy.shape, dy.dtype) != (x.shape, x.dtype):
        kind = ShapeError if dy.shape != x.shape else DtypeError
        raise kind(
            operation,
            expected=f"dy of shape {x.shape} and dtype {x.dtype.name}, as x",
            received=f"shape {dy.shape} and dtype {dy.dtype.name}",
            remedy="give the gradient of the result",
        )
