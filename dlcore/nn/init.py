"""First values for parameters, and PyTorch's functions that write them into tensors.

A layer's `init=` takes a name from `INITIALISERS` or a function from a shape to values; the
functions that end in `_` overwrite a tensor, whatever gradient it wants, and return it.
"""

from __future__ import annotations

from math import sqrt

from dlcore.backend import get_backend
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Dtype, Shape, Spec, channels_last, float32
from dlcore.backend.interface.checks import dtype_in, require_option
from dlcore.backend.record import refuse
from dlcore.errors import RecordError
from dlcore.nn.initialisers import (
    INITIALISERS,
    Initialiser,
    constant,
    dirac,
    eye,
    fans,
    gaussian,
    he_normal,
    he_normal_fan_out,
    he_uniform,
    he_uniform_fan_out,
    lecun_normal,
    lecun_uniform,
    orthogonal,
    pytorch,
    sparse,
    truncated_normal,
    uniform,
    xavier_normal,
    xavier_uniform,
)
from dlcore.nn.parameter import Parameter
from dlcore.tensors import Tensor

__all__ = [
    "GAINS",
    "INITIALISERS",
    "Initialiser",
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "fans",
    "gaussian",
    "he_normal",
    "he_normal_fan_out",
    "he_uniform",
    "he_uniform_fan_out",
    "initialise",
    "kaiming_normal_",
    "kaiming_uniform_",
    "lecun_normal",
    "lecun_uniform",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "parameter",
    "pytorch",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "truncated_normal",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]


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
        OptionError: no initialiser has that name. DtypeError: no dtype has that name.
    """
    backend = get_backend(device)
    kind = float32 if dtype is None else dtype_in("parameter", dtype)
    array = backend.empty(Spec(shape, kind, channels_last(len(shape))))
    made = Parameter(Tensor(array, backend))
    initialise(made, init)
    return made


def initialise(tensor: Tensor, init: str | Initialiser) -> None:
    """Overwrite a tensor with first values.

    A step that does so can't be recorded: values that are made on the host are not part of it.

    Raises:
        OptionError: no initialiser has that name.
    """
    if isinstance(init, str):
        require_option("initialise", "init", init, INITIALISERS)
        init = INITIALISERS[init]
    if tensor.device != "meta":
        tensor.backend.write(tensor.array, init(tensor.shape))
        tensor.version.bump()
        refuse(
            RecordError(
                "recorded step",
                expected="a step that only computes",
                received=f"first values for a tensor of shape {tensor.shape}",
                remedy="make and initialise parameters outside",
            )
        )


# -- PyTorch's functions -------------------------------------------------------------------------


def _filled(tensor: Tensor, init: Initialiser) -> Tensor:
    initialise(tensor, init)
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Write `val` everywhere.

    >>> import dlcore as dl
    >>> constant_(dl.empty(2), 0.5)
    tensor([0.5, 0.5])
    """
    return _filled(tensor, constant(val))


def zeros_(tensor: Tensor) -> Tensor:
    """Write 0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Write 1 everywhere."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """Write a matrix with ones on the diagonal.

    Raises:
        ShapeError: not two axes.
    """
    return _filled(tensor, eye)


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Write a convolution's weight that hands on its channels.

    Raises:
        ShapeError: fewer than three axes. OptionError: groups that don't divide the first.
    """
    return _filled(tensor, dirac(groups))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Draw values from `a` to below `b`."""
    return _filled(tensor, uniform(a, b))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Draw normal values."""
    return _filled(tensor, gaussian(std, mean))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0
) -> Tensor:
    """Draw normal values between `a` and `b`.

    Raises:
        OptionError: next to no values lie between the bounds.
    """
    return _filled(tensor, truncated_normal(mean, std, a, b))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Draw uniform values of variance 2 gain² / (fan in + fan out)."""
    return _spread(tensor, "uniform", gain * sqrt(2.0 / max(sum(fans(tensor.shape)), 1)))


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Draw normal values of variance 2 gain² / (fan in + fan out)."""
    return _spread(tensor, "normal", gain * sqrt(2.0 / max(sum(fans(tensor.shape)), 1)))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Draw uniform values of variance gain² / fan; arguments as `kaiming_normal_`."""
    return _spread(tensor, "uniform", _kaiming(tensor.shape, a, mode, nonlinearity))


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Draw normal values of variance gain² / fan.

    Args:
        a: the slope of a leaky ReLU below 0.
        mode: "fan_in" keeps the size of what goes forward, "fan_out" that of gradients.
        nonlinearity: what follows the layer; `calculate_gain` has the names.

    Raises:
        OptionError: no such mode or nonlinearity.

    Source: He et al., Delving deep into rectifiers, 2015 (arXiv 1502.01852).
    """
    return _spread(tensor, "normal", _kaiming(tensor.shape, a, mode, nonlinearity))


def orthogonal_(tensor: Tensor, gain: float = 1) -> Tensor:
    """Draw a matrix whose rows, or columns if they are fewer, are at right angles; `orthogonal`.

    Raises:
        ShapeError: fewer than two axes.
    """
    return _filled(tensor, orthogonal(gain))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01) -> Tensor:
    """Draw normal values, of which a share of `sparsity` is 0 in every column.

    Raises:
        ShapeError: not two axes.
    """
    return _filled(tensor, sparse(sparsity, std))


GAINS = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"), 1.0),
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": sqrt(2.0),
    "leaky_relu": sqrt(2.0),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights are enlarged because of the function that follows them.

    >>> calculate_gain("relu")
    1.4142135623730951

    Args:
        nonlinearity: its name.
        param: the slope of a leaky ReLU below 0, 0.01 if None.

    Raises:
        OptionError: no such name.
    """
    require_option("calculate_gain", "nonlinearity", nonlinearity, GAINS)
    gain = GAINS[nonlinearity]
    if nonlinearity == "leaky_relu":
        gain /= sqrt(1 + (0.01 if param is None else param) ** 2)
    return gain


def _kaiming(shape: Shape, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation."""
    require_option("kaiming", "mode", mode, ("fan_in", "fan_out"))
    fan = fans(shape)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / sqrt(max(fan, 1))


def _spread(tensor: Tensor, distribution: str, std: float) -> Tensor:
    """Mean 0 and this standard deviation: a uniform distribution reaches sqrt(3) times as far."""
    if distribution == "normal":
        return normal_(tensor, 0.0, std)
    bound = sqrt(3.0) * std
    return uniform_(tensor, -bound, bound)
