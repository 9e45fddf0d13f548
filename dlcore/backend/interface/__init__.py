"""The contract: one page of primitives that every device implements, one file a stem.

Importing this package declares all of them; `PRIMITIVES` lists them by name.
"""

from __future__ import annotations

from dlcore.backend.interface.conv import (
    conv2d,
    conv2d_input_gradient,
    conv2d_weight_gradient,
)
from dlcore.backend.interface.copy import copy, fill
from dlcore.backend.interface.finite import all_finite, update_scale
from dlcore.backend.interface.gather import flat_index, gather, put, scatter, take
from dlcore.backend.interface.join import concatenate
from dlcore.backend.interface.loss import (
    cross_entropy,
    cross_entropy_gradient,
    nll_loss,
    nll_loss_gradient,
)
from dlcore.backend.interface.matmul import matmul
from dlcore.backend.interface.norm import (
    batch_norm,
    batch_norm_gradient,
    batch_norm_inference,
    group_norm,
    group_norm_gradient,
    local_response_norm,
    local_response_norm_gradient,
    running_statistics,
)
from dlcore.backend.interface.optim import count_step, update
from dlcore.backend.interface.pad import pad, pad_gradient
from dlcore.backend.interface.pointwise import pointwise
from dlcore.backend.interface.pool import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_gradient,
    adaptive_max_pool2d,
    avg_pool2d,
    avg_pool2d_gradient,
    max_pool2d,
    max_pool2d_gradient,
    max_unpool2d_gradient,
)
from dlcore.backend.interface.primitive import PRIMITIVES, Primitive
from dlcore.backend.interface.random import bernoulli, masked_scale, random_bits, uniform
from dlcore.backend.interface.reduce import (
    arg_reduce,
    cumprod_gradient,
    cumulative,
    pick_gradient,
    prod_gradient,
    reduce,
    variance,
    vector_norm,
)
from dlcore.backend.interface.resize import resize, resize_gradient
from dlcore.backend.interface.softmax import (
    log_softmax,
    log_softmax_gradient,
    softmax,
    softmax_gradient,
)
from dlcore.backend.interface.sort import sort
from dlcore.backend.interface.unfold import fold, unfold

__all__ = [
    "PRIMITIVES",
    "Primitive",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_gradient",
    "adaptive_max_pool2d",
    "all_finite",
    "arg_reduce",
    "avg_pool2d",
    "avg_pool2d_gradient",
    "batch_norm",
    "batch_norm_gradient",
    "batch_norm_inference",
    "bernoulli",
    "concatenate",
    "conv2d",
    "conv2d_input_gradient",
    "conv2d_weight_gradient",
    "copy",
    "count_step",
    "cross_entropy",
    "cross_entropy_gradient",
    "cumprod_gradient",
    "cumulative",
    "fill",
    "flat_index",
    "fold",
    "gather",
    "group_norm",
    "group_norm_gradient",
    "local_response_norm",
    "local_response_norm_gradient",
    "log_softmax",
    "log_softmax_gradient",
    "masked_scale",
    "matmul",
    "max_pool2d",
    "max_pool2d_gradient",
    "max_unpool2d_gradient",
    "nll_loss",
    "nll_loss_gradient",
    "pad",
    "pad_gradient",
    "pick_gradient",
    "pointwise",
    "prod_gradient",
    "put",
    "random_bits",
    "reduce",
    "resize",
    "resize_gradient",
    "running_statistics",
    "scatter",
    "softmax",
    "softmax_gradient",
    "sort",
    "take",
    "unfold",
    "uniform",
    "update",
    "update_scale",
    "variance",
    "vector_norm",
]
