"""Moving values between layouts and dtypes."""

from __future__ import annotations

from typing import Any

from dlcore.kernels.numpy.wide import Array


def copy(x: Array, y: Array, *, dtype: Any, order: tuple[int, ...]) -> None:
    y[...] = x


def fill(y: Array, *, shape: Any, dtype: Any, order: Any, value: float) -> None:
    y[...] = value
