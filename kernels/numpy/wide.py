"""16-bit is storage, 32-bit is arithmetic: the conversion in front of every kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def wide(x: Array) -> Array:
    """A 16-bit float array as fp32; any other array as it is."""
    narrow = x.dtype.itemsize == 2 and x.dtype.kind not in "iu"
    return x.astype(np.float32) if narrow else x
