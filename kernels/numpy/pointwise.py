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
    "add_number": np.add,
    "multiply_number": np.multiply,
    "divide_number": np.divide,
    "subtract_from": lambda a, p: p - a,
    "divide_into": lambda a, p: p / a,
    "divide_gradient": lambda a, b, c: -a * b / c,
    "negative": np.negative,
}


def pointwise(*arrays: Array, rule: str, parameters: tuple[float, ...]) -> None:
    *operands, y = arrays
    y[...] = _RULES[rule](*map(wide, operands), *parameters)
