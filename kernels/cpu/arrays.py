"""What kernels ask of arrays: where they are, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.cpu.address import address
from dlcore.kernels.cpu.launch import untapeable

__all__ = ["Array", "address", "channels_last", "contiguous"]

Array = np.ndarray[Any, Any]


def channels_last(x: Array) -> Array:
    """N C ... seen as N ... C without gaps: a view if the memory is like that, else a copy."""
    return contiguous(x.transpose(0, *range(2, x.ndim), 1))


def contiguous(x: Array) -> Array:
    """The array if it lies in C order without gaps, else a copy that does."""
    if x.flags.c_contiguous:
        return x
    untapeable()  # NumPy copies; a replay would not
    return np.ascontiguousarray(x)
