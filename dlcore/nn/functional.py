"""PyTorch's functional names: every operation on tensors that a layer is made of."""

from __future__ import annotations

from dlcore.ops.softmax import log_softmax, softmax

__all__ = [
    "log_softmax",
    "softmax",
]
