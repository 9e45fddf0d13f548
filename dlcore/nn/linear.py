"""Layers that are affine maps, and the one that does nothing."""

from __future__ import annotations

from typing import Any

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Dtype
from dlcore.nn.init import Initialiser, parameter
from dlcore.nn.module import Module, Parameter
from dlcore.ops import linear as ops
from dlcore.tensors import Tensor


class Linear(Module):
    """Y = x weightᵀ + bias along the last axis.

    Weights start He normal and the bias zero, where PyTorch draws both uniformly
    (`init="pytorch"` gives its weights).

    Shapes: x: ... I, y: ... O; weight: O I, bias: O.

    >>> Linear(3, 2)
    Linear(in_features=3, out_features=2, bias=True)

    Args:
        in_features: I.
        out_features: O.
        bias: False leaves it out.
        init: the weight's initialiser, a name or a function; see `dlcore.nn.init`.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        *,
        init: str | Initialiser = "he_normal",
    ) -> None:
        self.in_features = in_features
        self.out_features = out_features
        self.weight = parameter((out_features, in_features), init, device, dtype)
        self.bias: Parameter | None = None
        if bias:
            self.bias = parameter((out_features,), "zeros", device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return ops.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """Y[o] = x1 weight[o] x2 + bias[o] along the last axes.

    Shapes: x1: ... I, x2: ... J, y: ... O; weight: O I J, bias: O.

    Args:
        in1_features: I.
        in2_features: J.
        out_features: O.
        bias: False leaves it out.
        init: the weight's initialiser.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        *,
        init: str | Initialiser = "he_normal",
    ) -> None:
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = parameter((out_features, in1_features, in2_features), init, device, dtype)
        self.bias: Parameter | None = None
        if bias:
            self.bias = parameter((out_features,), "zeros", device, dtype)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return ops.bilinear(x1, x2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """What comes in; takes and ignores any arguments, to stand in for another layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x
