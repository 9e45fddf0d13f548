"""What the kernels of group norm are told."""

from __future__ import annotations

from typing import NamedTuple

DOUBLE = 8  # bytes
SUMMED = 2  # lines of a piece's float64 sums: of dy, and of dy h


class Groups(NamedTuple):
    """Samples of so many rows of channels; lines of partial sums in `sums`."""

    x: int
    dy: int
    y: int
    mean: int
    variance: int
    weight: int
    bias: int
    sums: int
    samples: int
    rows: int
    channels: int
    groups: int
    height: int
    eps: float
