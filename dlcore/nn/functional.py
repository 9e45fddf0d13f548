"""PyTorch's functional names: every operation on tensors that a layer is made of."""

from __future__ import annotations

from dlcore.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from dlcore.ops.dropout import alpha_dropout, dropout, dropout1d, dropout2d
from dlcore.ops.pad import pad
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
from dlcore.ops.unfold import fold, unfold

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "dropout",
    "dropout1d",
    "dropout2d",
    "fold",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "max_unpool2d",
    "pad",
    "softmax",
    "unfold",
]
