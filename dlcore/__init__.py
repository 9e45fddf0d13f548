"""dlcore: deep learning written entirely in Python, on NVIDIA GPUs and on machines without.

Names, defaults and semantics are PyTorch's wherever both have the thing:

    >>> import dlcore as dl
    >>> w = dl.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 4.])
"""

from __future__ import annotations

from dlcore.autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from dlcore.backend.interface.array import (
    bfloat16,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from dlcore.backend.interface.array import (
    boolean as bool,
)
from dlcore.ops.arithmetic import add, div, mul, neg, sub
from dlcore.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from dlcore.ops.matmul import addmm, baddbmm, bmm, dot, matmul, mm, mv, outer
from dlcore.ops.pair_loss import cosine_similarity
from dlcore.ops.random import (
    bernoulli,
    normal,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
)
from dlcore.ops.reduce import mean, sum
from dlcore.ops.softmax import log_softmax, softmax
from dlcore.precision import autocast
from dlcore.promotion import promote_types
from dlcore.random import initial_seed, manual_seed
from dlcore.tensor import Tensor, from_dlpack, from_numpy, tensor

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "add",
    "addmm",
    "autocast",
    "baddbmm",
    "bernoulli",
    "bfloat16",
    "bmm",
    "bool",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cosine_similarity",
    "div",
    "dot",
    "enable_grad",
    "float16",
    "float32",
    "float64",
    "from_dlpack",
    "from_numpy",
    "initial_seed",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_grad_enabled",
    "log_softmax",
    "manual_seed",
    "matmul",
    "mean",
    "mm",
    "mul",
    "mv",
    "neg",
    "no_grad",
    "normal",
    "outer",
    "promote_types",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "set_grad_enabled",
    "softmax",
    "sub",
    "sum",
    "tensor",
    "uint8",
]
