"""PyTorch's functional names: every operation on tensors that a layer is made of."""

from __future__ import annotations

from dlcore.ops.dropout import alpha_dropout, dropout, dropout1d, dropout2d
from dlcore.ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
    max_unpool2d,
)
from dlcore.ops.softmax import log_softmax, softmax

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "dropout",
    "dropout1d",
    "dropout2d",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "max_unpool2d",
    "softmax",
]
