"""Pointwise rules of analysis, each as one NumPy expression."""

from __future__ import annotations

import math

import numpy as np

from dlcore.kernels.numpy.arithmetic import Rules
from dlcore.kernels.numpy.special import erf, erfc

# Constants are Python floats: NumPy's own would turn fp32 into fp64.
LOG_2, LOG_10 = math.log(2), math.log(10)

RULES: Rules = {
    "reciprocal": lambda x: 1 / x,
    "reciprocal_gradient": lambda dy, y: -dy * y * y,
    "sqrt": np.sqrt,
    "sqrt_gradient": lambda dy, y: dy / (2 * y),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "rsqrt_gradient": lambda dy, y: -dy * y * y * y / 2,
    "exp": np.exp,
    "exp2": np.exp2,
    "exp2_gradient": lambda dy, y: dy * y * LOG_2,
    "expm1": np.expm1,
    "expm1_gradient": lambda dy, y: dy * (y + 1),
    "log": np.log,
    "log1p": np.log1p,
    "log1p_gradient": lambda dy, x: dy / (1 + x),
    "log2": np.log2,
    "log2_gradient": lambda dy, x: dy / (x * LOG_2),
    "log10": np.log10,
    "log10_gradient": lambda dy, x: dy / (x * LOG_10),
    "sin": np.sin,
    "sin_gradient": lambda dy, x: dy * np.cos(x),
    "cos": np.cos,
    "cos_gradient": lambda dy, x: -dy * np.sin(x),
    "tan": np.tan,
    "tan_gradient": lambda dy, y: dy * (1 + y * y),
    "asin": np.arcsin,
    "asin_gradient": lambda dy, x: dy / np.sqrt(1 - x * x),
    "acos": np.arccos,
    "acos_gradient": lambda dy, x: -dy / np.sqrt(1 - x * x),
    "atan": np.arctan,
    "atan_gradient": lambda dy, x: dy / (1 + x * x),
    "sinh": np.sinh,
    "sinh_gradient": lambda dy, x: dy * np.cosh(x),
    "cosh": np.cosh,
    "cosh_gradient": lambda dy, x: dy * np.sinh(x),
    "tanh": np.tanh,
    "tanh_gradient": lambda dy, y: dy * (1 - y * y),
    "erf": erf,
    "erf_gradient": lambda dy, x: dy * (2 * math.pi**-0.5) * np.exp(-x * x),
    "erfc": erfc,
    "erfc_gradient": lambda dy, x: -dy * (2 * math.pi**-0.5) * np.exp(-x * x),
    "nan_to_num": lambda x, p, high, low: np.nan_to_num(x, nan=p, posinf=high, neginf=low),
    "atan2": np.arctan2,
    "atan2_gradient": lambda dy, a, b: dy * b / (a * a + b * b),
    "logaddexp": np.logaddexp,
    "logaddexp_gradient": lambda dy, a, b: dy / (1 + np.exp(b - a)),
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "trunc": np.trunc,
}
