"""Activations as modules; formulas and dtypes are in `dlcore.nn.functional`.

Shapes: any, kept. `inplace` is taken where PyTorch has it, as a hint without effect: results have
memory of their own, because backward may need what came in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Dtype
from dlcore.errors import ShapeError
from dlcore.nn.init import constant, parameter
from dlcore.nn.module import Module
from dlcore.ops import activation as ops
from dlcore.ops.chance import rrelu
from dlcore.ops.elementwise import tanh
from dlcore.ops.softmax import log_softmax, softmax, softmin
from dlcore.tensors import Tensor


class _Plain(Module):
    """A function without options."""

    function: ClassVar[Callable[..., Tensor]]

    def forward(self, x: Tensor) -> Tensor:
        return type(self).function(x)


class _Hinted(_Plain):
    """A function without options, but with PyTorch's hint."""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ReLU(_Hinted):
    """max(0, x).

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.

    >>> import dlcore as dl
    >>> ReLU()(dl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    function = staticmethod(ops.relu)


class ReLU6(_Hinted):
    """min(max(0, x), 6).

    Source: Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010.
    """

    function = staticmethod(ops.relu6)


class SELU(_Hinted):
    """scale x where it is positive, else scale alpha (exp(x) - 1): mean 0 and variance 1 stay."""

    function = staticmethod(ops.selu)


class SiLU(_Hinted):
    """x sigmoid(x).

    Source: Elfwing et al., Sigmoid-weighted linear units, 2017 (arXiv 1702.03118).
    """

    function = staticmethod(ops.silu)


class Mish(_Hinted):
    """x tanh(softplus(x))."""

    function = staticmethod(ops.mish)


class Hardsigmoid(_Hinted):
    """min(max(x + 3, 0), 6) / 6."""

    function = staticmethod(ops.hardsigmoid)


class Hardswish(_Hinted):
    """x min(max(x + 3, 0), 6) / 6."""

    function = staticmethod(ops.hardswish)


class Sigmoid(_Plain):
    """1 / (1 + exp(-x))."""

    function = staticmethod(ops.sigmoid)


class LogSigmoid(_Plain):
    """log(1 / (1 + exp(-x)))."""

    function = staticmethod(ops.logsigmoid)


class Tanh(_Plain):
    """The hyperbolic tangent, (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    function = staticmethod(tanh)


class Softsign(_Plain):
    """x / (1 + |x|)."""

    function = staticmethod(ops.softsign)


class Tanhshrink(_Plain):
    """x - tanh(x)."""

    function = staticmethod(ops.tanhshrink)


class Hardshrink(Module):
    """x where |x| > lambd, else 0."""

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def forward(self, x: Tensor) -> Tensor:
        return ops.hardshrink(x, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Hardshrink):
    """x moved toward 0 by lambd, 0 where |x| <= lambd."""

    def forward(self, x: Tensor) -> Tensor:
        return ops.softshrink(x, self.lambd)


class GLU(Module):
    """a sigmoid(b) for the halves a and b of axis `dim`."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return ops.glu(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class RReLU(Module):
    """x where it is positive, else a x, with a drawn from lower to upper while training."""

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return rrelu(x, self.lower, self.upper, self.training)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}{_hint(self.inplace)}"


class Hardtanh(Module):
    """min(max(x, min_val), max_val)."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return ops.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}{_hint(self.inplace)}"


class Threshold(Module):
    """x where it is larger than `threshold`, else `value`."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return ops.threshold(x, self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}{_hint(self.inplace)}"


class LeakyReLU(Module):
    """x where it is positive, else negative_slope x.

    Source: Maas et al., Rectifier nonlinearities improve neural network acoustic models, 2013.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return ops.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}{_hint(self.inplace)}"


class PReLU(Module):
    """x where it is positive, else weight x, with a learned weight for all channels or for each.

    Args:
        num_parameters: 1, or the channels of x (axis 1).
        init: the weight's first value.

    Source: He et al., Delving deep into rectifiers, 2015 (arXiv 1502.01852).
    """

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
    ) -> None:
        self.num_parameters = num_parameters
        self.weight = parameter((num_parameters,), constant(init), device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return ops.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(Module):
    """x where it is positive, else alpha (exp(x) - 1)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return ops.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}{_hint(self.inplace)}"


class CELU(ELU):
    """x where it is positive, else alpha (exp(x / alpha) - 1)."""

    def forward(self, x: Tensor) -> Tensor:
        return ops.celu(x, self.alpha)


class GELU(Module):
    """x times the normal distribution function of x; `approximate="tanh"` for its old formula."""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        return ops.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class Softplus(Module):
    """log(1 + exp(beta x)) / beta, x itself where beta x is above the threshold.

    Source: Dugas et al., Incorporating second-order functional knowledge for better option pricing,
    2001.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta = beta
        self.threshold = threshold

    def forward(self, x: Tensor) -> Tensor:
        return ops.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Softmax(Module):
    """exp(x) / sum(exp(x)) along axis `dim`."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Softmax of the channels at each pixel.

    Shapes: N C H W or C H W.

    Raises:
        ShapeError: another number of axes.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim not in (3, 4):
            raise ShapeError(
                "Softmax2d",
                expected="x with the axes N C H W or C H W",
                received=f"x of shape {x.shape}",
                remedy="use Softmax(dim) for other axes",
            )
        return softmax(x, -3)


class Softmin(Softmax):
    """exp(-x) / sum(exp(-x)) along axis `dim`."""

    def forward(self, x: Tensor) -> Tensor:
        return softmin(x, self.dim)


class LogSoftmax(Softmax):
    """x - log(sum(exp(x))) along axis `dim`."""

    def forward(self, x: Tensor) -> Tensor:
        return log_softmax(x, self.dim)


def _hint(inplace: bool) -> str:
    return ", inplace=True" if inplace else ""
