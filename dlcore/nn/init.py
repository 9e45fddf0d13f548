"""First values of weights, drawn on the host so that they are the same on every device.

A weight's first axis is what the layer gives (out), all others what one of those outputs sees
(fan in). `fan_out` is out times the kernel's positions.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend.base import Backend, HostArray
from dlcore.backend.interface.array import Dtype, Shape, Spec, channels_last, float32
from dlcore.backend.interface.checks import require_option
from dlcore.nn.module import Parameter
from dlcore.random import host_normal, host_uniform
from dlcore.tensors import Tensor

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
    """Normal values; `gaussian(0.01)` is AlexNet's choice."""
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


INITIALISERS: dict[str, Initialiser] = {
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "xavier_normal": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "pytorch": pytorch,
    "zeros": constant(0.0),
    "ones": constant(1.0),
}


def parameter(
    shape: Shape,
    init: str | Initialiser,
    device: str | Backend = "cpu",
    dtype: Dtype | None = None,
) -> Parameter:
    """A new parameter with first values; weights of convolutions lie channels last in memory.

    Args:
        shape: of the parameter.
        init: a name from `INITIALISERS`, or a function from shape to values.
        device: where it lives; on "meta" nothing is drawn.
        dtype: float32 unless given.

    Raises:
        OptionError: no initialiser has that name.
    """
    backend = get_backend(device)
    array = backend.empty(Spec(shape, dtype or float32, channels_last(len(shape))))
    made = Parameter(Tensor(array, backend))
    initialise(made, init)
    return made


def initialise(tensor: Tensor, init: str | Initialiser) -> None:
    """Overwrite a tensor with first values.

    Raises:
        OptionError: no initialiser has that name.
    """
    if isinstance(init, str):
        require_option("initialise", "init", init, INITIALISERS)
        init = INITIALISERS[init]
    if tensor.device != "meta":
        tensor.backend.write(tensor.array, init(tensor.shape))
        tensor.version.bump()
