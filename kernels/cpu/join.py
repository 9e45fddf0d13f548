"""Arrays joined along an axis."""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.move import move


def concatenate(*arrays: Array, axis: int) -> None:
    *parts, y = arrays
    before: Any = (slice(None),) * (axis % y.ndim)
    start = 0
    for part in parts:
        stop = start + part.shape[axis]
        move(part, y[(*before, slice(start, stop))])
        start = stop
