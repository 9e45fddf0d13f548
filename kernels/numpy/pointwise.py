"""One element in, one element out: each rule as one NumPy expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide

_RULES: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
}


def pointwise(*arrays: Array, rule: str, parameters: tuple[float, ...]) -> None:
    *operands, y = arrays
    y[...] = _RULES[rule](*map(wide, operands), *parameters)
