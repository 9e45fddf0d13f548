"""Where weights start: functions from a shape to values, drawn on the host.

So the values are the same on every device. A weight's first axis is what the layer gives (out), all
others what one of those outputs sees (fan in). `fan_out` is out times the kernel's positions.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, prod, sqrt
from statistics import NormalDist

import numpy as np

from dlcore.backend.base import HostArray
from dlcore.backend.interface.array import Shape
from dlcore.errors import OptionError, ShapeError
from dlcore.random import host_normal, host_uniform

Initialiser = Callable[[Shape], HostArray]


def fans(shape: Shape) -> tuple[int, int]:
    """Fan in and fan out of a weight of this shape."""
    if len(shape) < 2:
        return prod(shape), prod(shape)
    positions = prod(shape[2:])
    return shape[1] * positions, shape[0] * positions


def constant(value: float) -> Initialiser:
    """The same value everywhere."""
    return lambda shape: np.full(shape, value, np.float32)


def gaussian(std: float, mean: float = 0.0) -> Initialiser:
    """Normal values."""
    return lambda shape: mean + std * host_normal(shape, "initialise")


def uniform(low: float, high: float) -> Initialiser:
    """Values equally likely between two bounds."""
    return lambda shape: low + (high - low) * host_uniform(shape, "initialise")


def he_normal(shape: Shape) -> HostArray:
    """Normal with variance 2 / fan in, for ReLU. Source: He et al. 2015 (arXiv 1502.01852)."""
    return gaussian(sqrt(2.0 / max(fans(shape)[0], 1)))(shape)


def he_uniform(shape: Shape) -> HostArray:
    """Uniform with variance 2 / fan in."""
    bound = sqrt(6.0 / max(fans(shape)[0], 1))
    return uniform(-bound, bound)(shape)


def he_normal_fan_out(shape: Shape) -> HostArray:
    """Normal with variance 2 / fan out, which keeps the size of gradients; residual networks."""
    return gaussian(sqrt(2.0 / max(fans(shape)[1], 1)))(shape)


def he_uniform_fan_out(shape: Shape) -> HostArray:
    """Uniform with variance 2 / fan out."""
    bound = sqrt(6.0 / max(fans(shape)[1], 1))
    return uniform(-bound, bound)(shape)


def xavier_normal(shape: Shape) -> HostArray:
    """Normal with variance 2 / (fan in + fan out). Source: Glorot and Bengio 2010."""
    return gaussian(sqrt(2.0 / max(sum(fans(shape)), 1)))(shape)


def xavier_uniform(shape: Shape) -> HostArray:
    """Uniform with variance 2 / (fan in + fan out)."""
    bound = sqrt(6.0 / max(sum(fans(shape)), 1))
    return uniform(-bound, bound)(shape)


def lecun_normal(shape: Shape) -> HostArray:
    """Normal with variance 1 / fan in, for tanh and SELU. Source: LeCun et al. 1998."""
    return gaussian(sqrt(1.0 / max(fans(shape)[0], 1)))(shape)


def lecun_uniform(shape: Shape) -> HostArray:
    """Uniform with variance 1 / fan in."""
    bound = sqrt(3.0 / max(fans(shape)[0], 1))
    return uniform(-bound, bound)(shape)


def pytorch(shape: Shape) -> HostArray:
    """PyTorch's default for linear and convolution weights: uniform within 1 / sqrt(fan in)."""
    bound = 1.0 / sqrt(max(fans(shape)[0], 1))
    return uniform(-bound, bound)(shape)


def orthogonal(gain: float = 1.0) -> Initialiser:
    """Rows, or columns if they are fewer, at right angles and of length `gain`.

    More than two axes are taken as (out, rest). Uniform among all such matrices: the signs of R's
    diagonal are what QR leaves open.

    Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks, 2013 (arXiv 1312.6120); Mezzadri, How to generate random matrices from the classical
    compact groups, 2006 (arXiv math-ph/0609050).
    """

    def values(shape: Shape) -> HostArray:
        _require_axes("orthogonal", shape, 2)
        rows, columns = shape[0], prod(shape[1:])
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(host_normal(tall, "initialise").astype(np.float64))
        q *= gain * np.copysign(1.0, np.diagonal(r))
        return (q if rows >= columns else q.T).reshape(shape)

    return values


def truncated_normal(mean: float, std: float, low: float, high: float) -> Initialiser:
    """Normal values between two bounds: the inverse distribution function of uniform ones.

    Raises:
        OptionError: low isn't below high, or next to no values lie between them.
    """
    normal = NormalDist(mean, std)
    first, last = normal.cdf(low), normal.cdf(high)
    if not last - first > 2.0**-24:
        raise OptionError(
            "truncated_normal",
            expected=f"bounds around values of mean {mean:g} and standard deviation {std:g}",
            received=f"{low:g} and {high:g}",
            remedy="move the bounds, or the mean",
        )

    def values(shape: Shape) -> HostArray:
        middles = host_uniform(shape, "initialise").astype(np.float64) + 0.5**25  # never 0 or 1
        places = (first + (last - first) * middles).ravel()
        drawn = np.fromiter(map(normal.inv_cdf, places), np.float64, places.size)
        return drawn.clip(low, high).reshape(shape)

    return values


def sparse(sparsity: float, std: float = 0.01) -> Initialiser:
    """Normal values, of which the same share is zero in every column.

    Source: Martens, Deep learning via Hessian-free optimization, 2010.
    """

    def values(shape: Shape) -> HostArray:
        _require_axes("sparse", shape, 2, 2)
        order = host_uniform(shape, "initialise").argsort(axis=0, kind="stable")
        zeros = ceil(sparsity * shape[0])
        return np.where(order < zeros, 0.0, gaussian(std)(shape))

    return values


def eye(shape: Shape) -> HostArray:
    """Ones on the diagonal of a matrix: what comes in goes out."""
    _require_axes("eye", shape, 2, 2)
    return np.eye(*shape, dtype=np.float32)


def dirac(groups: int = 1) -> Initialiser:
    """A convolution's weight that hands on as many channels as it can, in each group."""

    def values(shape: Shape) -> HostArray:
        _require_axes("dirac", shape, 3)
        if groups < 1 or shape[0] % groups:
            raise OptionError(
                "dirac",
                expected="groups that divide the output channels",
                received=f"groups={groups}, weight of shape {shape}",
                remedy="give the layer's groups",
            )
        weight = np.zeros(shape, np.float32)
        outputs = shape[0] // groups
        centre = tuple(length // 2 for length in shape[2:])
        for group in range(groups):
            for channel in range(min(outputs, shape[1])):
                weight[(group * outputs + channel, channel, *centre)] = 1.0
        return weight

    return values


def _require_axes(name: str, shape: Shape, least: int, most: int | None = None) -> None:
    if len(shape) < least or (most is not None and len(shape) > most):
        raise ShapeError(
            name,
            expected=f"a weight with {'' if most == least else 'at least '}{least} axes",
            received=f"shape {shape}",
            remedy="choose another initialiser for it",
        )


INITIALISERS: dict[str, Initialiser] = {
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "he_normal_fan_out": he_normal_fan_out,
    "he_uniform_fan_out": he_uniform_fan_out,
    "xavier_normal": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "pytorch": pytorch,
    "orthogonal": orthogonal(),
    "alexnet": gaussian(0.01),
    "gaussian": gaussian(1.0),
    "normal": gaussian(1.0),
    "uniform": uniform(0.0, 1.0),
    "zeros": constant(0.0),
    "ones": constant(1.0),
}
"""Those with a name: what a layer's `init=` takes.

"alexnet" is the Gaussian of standard deviation 0.01 of Krizhevsky et al., ImageNet classification
with deep convolutional neural networks, 2012; "gaussian" and "normal" have 1.
"""
