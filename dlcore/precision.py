"""Mixed precision: which operations run in 16 bits under `autocast`, and which in 32.

| under autocast            | operations                                                          |
|---------------------------|---------------------------------------------------------------------|
| 16 bits (fp32 sums)       | convolutions, linear, matmul and its kin, attention, recurrent cells |
| 32 bits                   | exp, log, pow, softmax, sums, norms, losses, statistics, resizing    |
| the dtype that comes in   | everything else: ReLU, add, pooling, dropout, batch norm             |

Parameters stay fp32 and are rounded where they are used, so their gradients and updates are fp32.
Source: Micikevicius et al., Mixed Precision Training, 2018 (arXiv 1710.03740).
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Literal, get_args

import numpy as np

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import HALVES, Dtype, float32
from dlcore.backend.interface.checks import names, require_option
from dlcore.errors import OptionError
from dlcore.mode import Mode

NARROW = frozenset(
    [
        "conv1d",
        "conv2d",
        "conv_transpose1d",
        "conv_transpose2d",
        "linear",
        "matmul",
        "bmm",
        "mm",
        "mv",
        "addmm",
        "baddbmm",
        "einsum",
        "bilinear",
        "scaled_dot_product_attention",
        "prelu",
    ]
)
WIDE = frozenset(
    [
        "exp",
        "expm1",
        "log",
        "log1p",
        "log2",
        "log10",
        "pow",
        "reciprocal",
        "rsqrt",
        "softplus",
        "softmax",
        "log_softmax",
        "logsumexp",
        "sum",
        "prod",
        "cumsum",
        "norm",
        "var",
        "std",
        "layer_norm",
        "group_norm",
        "local_response_norm",
        "interpolate",
        "cross_entropy",
        "nll_loss",
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "kl_div",
        "gaussian_nll_loss",
        "hinge_embedding_loss",
        "margin_ranking_loss",
        "cosine_similarity",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
    ]
)

Precision = Literal["fp32", "tf32", "fp16", "bf16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

HALF_OF: dict[str, str] = {"fp16": "float16", "bf16": "bfloat16"}

_active: ContextVar[Dtype | None] = ContextVar("autocast", default=None)


class autocast(Mode[Dtype | None]):
    """Run the operations of a block in 16 bits where that is safe.

    Args:
        dtype: "float16" or "bfloat16".
        enabled: False turns autocast off inside the block.

    Raises:
        OptionError: another dtype.
    """

    def __init__(self, dtype: Any = "float16", enabled: bool = True) -> None:
        self.dtype = np.dtype(dtype)
        if self.dtype not in HALVES:
            raise OptionError(
                "autocast",
                expected=names(HALVES),
                received=self.dtype.name,
                remedy="leave autocast out for 32 bits",
            )
        self.enabled = enabled
        super().__init__(_active, self.dtype if enabled else None)


def autocast_state() -> Dtype | None:
    """The 16-bit dtype in force, None outside of autocast."""
    return _active.get()


def autocast_dtype(operation: str) -> Dtype | None:
    """The dtype that floating-point inputs of `operation` are converted to, None to leave them."""
    half = _active.get()
    if half is None:
        return None
    if operation in NARROW:
        return half
    return float32 if operation in WIDE else None


def at_precision(precision: Precision, backend: Backend) -> AbstractContextManager[object]:
    """Run a block in a named precision on a device.

    Args:
        precision: "fp32"; "tf32", which rounds the operands of products to 10 mantissa bits; "fp16"
            or "bf16", autocast.
        backend: where it runs; keeps its tf32 setting afterwards.

    Raises:
        OptionError: no such precision.
    """
    require_option("precision", "precision", precision, PRECISIONS)
    if precision in HALF_OF:
        return autocast(HALF_OF[precision])
    backend.configuration.tf32 = precision == "tf32"
    return nullcontext()
