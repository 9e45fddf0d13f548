"""Layers that drop values while they train."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from dlcore.errors import OptionError
from dlcore.nn.module import Module
from dlcore.ops.dropout import alpha_dropout, dropout, dropout1d, dropout2d
from dlcore.tensors import Tensor


class Dropout(Module):
    """Zero with probability `p` while training, else x / (1 - p); x itself in evaluation.

    Shapes: any. A sample's mask depends on seed, module path, step and its row in the whole batch,
    not on how the batch is split.

    Args:
        p: the probability.
        inplace: a hint without effect; the result is a new tensor.

    Raises:
        OptionError: p is not from 0 to 1.

    Source: Srivastava et al., Dropout, JMLR 15, 2014.
    """

    function: ClassVar[Callable[..., Tensor]] = staticmethod(dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0.0 <= p <= 1.0:
            raise OptionError(
                type(self).__name__,
                expected="a probability from 0 to 1",
                received=repr(p),
                remedy="choose another p",
            )
        self.p = p
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        return type(self).function(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """`Dropout` of whole channels; x: (N, C, L), or (C, L) without a batch."""

    function = staticmethod(dropout1d)


class Dropout2d(Dropout):
    """`Dropout` of whole channels; x: (N, C, H, W)."""

    function = staticmethod(dropout2d)


class AlphaDropout(Dropout):
    """Dropout that keeps mean and variance, for networks with SELU."""

    function = staticmethod(alpha_dropout)
