"""Activations: forward and backward.

In formulas x is the input. Shapes: any; the result has its shape and memory order. Dtypes: floats,
computed in fp32 at least and rounded once. Gradients at kinks are PyTorch's.

`inplace` is taken where PyTorch has it, as a hint without effect: the result is a new tensor,
because backward may need what came in.
"""

from __future__ import annotations

from dlcore.autograd import result
from dlcore.backend.interface.array import Array
from dlcore.backend.interface.checks import axis_in, require_option
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.arithmetic import mul, sub
from dlcore.ops.attach import method
from dlcore.ops.elementwise import tanh
from dlcore.ops.operands import autocasted, backend_of, broadcast, sum_to
from dlcore.ops.pieces import narrow
from dlcore.ops.rules import by_input, by_output, pointwise
from dlcore.tensors import Tensor


@method
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-x); integers give float32.

    >>> import dlcore as dl
    >>> dl.sigmoid(dl.tensor([0.0, 100.0]))
    tensor([0.5, 1. ])
    """
    return by_output("sigmoid", input, into_float=True)


def logsigmoid(input: Tensor) -> Tensor:
    """log(1 / (1 + e^-x)), without overflow."""
    return by_input("log_sigmoid", input)


@method
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """x where it is positive, else 0; the gradient at 0 is 0. Dtypes: all but bool.

    >>> import dlcore as dl
    >>> dl.relu(dl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return by_output("relu", input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return hardtanh(input, 0.0, 6.0)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """min(max(x, min_val), max_val); the gradient at both ends is 0."""
    bounds = (float(min_val), float(max_val))
    return by_input("clamp", input, bounds, "hardtanh_gradient")


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """`value` where x <= threshold, else x."""
    backend = backend_of("threshold", input)
    a, limit = input.array, (float(threshold),)
    return result(
        "threshold",
        pointwise(backend, "threshold", a, parameters=(*limit, float(value))),
        backend,
        (input, lambda dy: pointwise(backend, "threshold_gradient", dy, a, parameters=limit)),
        saved=[input],
    )


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where it is positive, else negative_slope x.

    >>> import dlcore as dl
    >>> from dlcore.nn import functional
    >>> functional.leaky_relu(dl.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5,  2. ])
    """
    return by_input("leaky_relu", input, (float(negative_slope),))


@method
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where it is positive, else weight x, with a weight for each channel or one for all.

    Shapes: input: any, (N, C, ...) for C weights; weight: (C,) or (1,).

    Raises:
        ShapeError: another number of weights.
    """
    input, weight = autocasted("prelu", input, weight)
    backend = backend_of("prelu", input, weight)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.shape not in ((channels,), (1,), ()):
        raise ShapeError(
            "prelu",
            expected=f"one weight, or {channels} for input of shape {input.shape}",
            received=f"weight of shape {weight.shape}",
            remedy="build the layer with num_parameters equal to the channels",
        )
    narrow = weight.shape
    aligned = Tensor(_along_channels(weight.array, input.ndim), backend)
    a, w = broadcast("prelu", input, aligned)
    lengths = aligned.shape

    def for_weight(dy: Array) -> Array:
        dw = sum_to(backend, pointwise(backend, "prelu_weight_gradient", dy, a), lengths)
        return backend.reshape(dw, narrow)

    return result(
        "prelu",
        pointwise(backend, "prelu", a, w),
        backend,
        (input, lambda dy: pointwise(backend, "prelu_gradient", dy, a, w)),
        (weight, for_weight),
        saved=[input, weight],
    )


def _along_channels(weight: Array, ndim: int) -> Array:
    """A view (C, 1, ...) that broadcasts along axis 1 of `ndim` axes."""
    if ndim < 2 or not weight.ndim:
        return weight[0, ...] if weight.ndim and not ndim else weight
    view: Array = weight[(slice(None), *[None] * (ndim - 2))]
    return view


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x where |x| > lambd, else 0."""
    return by_input("hardshrink", input, (float(lambd),), "shrink_gradient")


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved toward 0 by lambd, 0 where |x| <= lambd.

    Raises:
        OptionError: a negative lambd.
    """
    if not lambd >= 0:
        raise OptionError(
            "softshrink",
            expected="a lambd of at least 0",
            received=f"lambd {lambd}",
            remedy="choose another value",
        )
    return by_input("softshrink", input, (float(lambd),), "shrink_gradient")


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    return sub(input, tanh(input))


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a sigmoid(b) for the halves a and b of axis `dim`.

    Shapes: any; the result: half as long along `dim`.

    Raises:
        ShapeError: the axis is of odd length.

    Source: Dauphin et al., Language Modeling with Gated Convolutional Networks, 2017.
    """
    axis = axis_in("glu", dim, input.ndim)
    if not input.ndim or input.shape[axis] % 2:
        raise ShapeError(
            "glu",
            expected=f"an even length along axis {dim}",
            received=f"shape {input.shape}",
            remedy="choose another axis",
        )
    half = input.shape[axis] // 2
    return mul(narrow(input, axis, 0, half), sigmoid(narrow(input, axis, half, half)))


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where it is positive, else alpha (e^x - 1).

    Source: Clevert et al., Fast and Accurate Deep Network Learning by ELUs, 2016.
    """
    return by_input("elu", input, (float(alpha), 1.0, 1.0))


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Scale times `elu`, with the constants that keep mean 0 and variance 1.

    Source: Klambauer et al., Self-Normalizing Neural Networks, 2017, equation 2.
    """
    return by_input("elu", input, (SELU_ALPHA, SELU_SCALE, 1.0))


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where it is positive, else alpha (e^(x / alpha) - 1).

    Source: Barron, Continuously Differentiable Exponential Linear Units, 2017.
    """
    return by_input("elu", input, (float(alpha), 1.0, float(alpha)))


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x times the probability that a normal number is below x; "tanh" approximates it.

    >>> import dlcore as dl
    >>> from dlcore.nn import functional
    >>> functional.gelu(dl.tensor([0.0, 1.0]))
    tensor([0.    , 0.8413])

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.

    Raises:
        OptionError: another approximation.
    """
    require_option("gelu", "approximate", approximate, ("none", "tanh"))
    return by_input("gelu" if approximate == "none" else "gelu_tanh", input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x sigmoid(x)."""
    return by_input("silu", input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x)).

    Source: Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
    """
    return by_input("mish", input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta; x itself where beta x > threshold.

    >>> import dlcore as dl
    >>> from dlcore.nn import functional
    >>> functional.softplus(dl.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.    ])
    """
    return by_input("softplus", input, (float(beta), float(threshold)))


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return by_input("softsign", input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x + 3, 0), 6) / 6.

    Source: Howard et al., Searching for MobileNetV3, 2019, section 5.2.
    """
    return by_input("hardsigmoid", input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x hardsigmoid(x).

    Source: Howard et al., Searching for MobileNetV3, 2019, section 5.2.
    """
    return by_input("hardswish", input)
