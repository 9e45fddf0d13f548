"""The contract: one page of primitives that every device implements, one file a stem.

Importing this package declares all of them; `PRIMITIVES` lists them by name.
"""

from __future__ import annotations

from dlcore.backend.interface.copy import copy, fill
from dlcore.backend.interface.pointwise import pointwise
from dlcore.backend.interface.primitive import PRIMITIVES, Primitive
from dlcore.backend.interface.softmax import (
    log_softmax,
    log_softmax_gradient,
    softmax,
    softmax_gradient,
)

__all__ = [
    "PRIMITIVES",
    "Primitive",
    "copy",
    "fill",
    "log_softmax",
    "log_softmax_gradient",
    "pointwise",
    "softmax",
    "softmax_gradient",
]
