"""Moving values between layouts and dtypes."""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.launch import untapeable
from dlcore.kernels.cpu.move import movable, move, set_all


def copy(x: Array, y: Array, *, dtype: Any, order: tuple[int, ...]) -> None:
    if movable(x, y):
        move(x, y)
        return
    untapeable()
    y[...] = x


def fill(y: Array, *, shape: Any, dtype: Any, order: Any, value: float) -> None:
    set_all(y, value)
