"""The contract: one page of primitives that every device implements, one file a stem.

Importing this package declares all of them; `PRIMITIVES` lists them by name.
"""

from __future__ import annotations

from dlcore.backend.interface.copy import copy, fill
from dlcore.backend.interface.finite import all_finite, update_scale
from dlcore.backend.interface.matmul import matmul
from dlcore.backend.interface.optim import count_step, update
from dlcore.backend.interface.pointwise import pointwise
from dlcore.backend.interface.primitive import PRIMITIVES, Primitive
from dlcore.backend.interface.random import bernoulli, masked_scale, random_bits, uniform
from dlcore.backend.interface.reduce import reduce
from dlcore.backend.interface.softmax import (
    log_softmax,
    log_softmax_gradient,
    softmax,
    softmax_gradient,
)

__all__ = [
    "PRIMITIVES",
    "Primitive",
    "bernoulli",
    "all_finite",
    "copy",
    "count_step",
    "fill",
    "log_softmax",
    "log_softmax_gradient",
    "matmul",
    "masked_scale",
    "pointwise",
    "random_bits",
    "reduce",
    "softmax",
    "softmax_gradient",
    "update",
    "update_scale",
    "uniform",
]
