"""Pointwise rules of numbers and truth values, each as one NumPy expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array

Rules = dict[str, Callable[..., Any]]


def _floor_divide(a: Array, b: Array) -> Any:
    if a.dtype.kind in "iu":
        return np.floor_divide(a, b)
    return np.where(b == 0, a / b, np.floor_divide(a, b))


def _power(a: Array, b: Any) -> Any:
    if a.dtype.kind not in "iu":
        return np.power(a, b)
    b = np.asarray(b, a.dtype)
    # 1 / a^n rounded toward 0: only 1 and -1 leave anything.
    ones = np.where(a == 1, 1, np.where(a == -1, np.where(b % 2 == 0, 1, -1), 0))
    return np.where(b < 0, ones, np.power(a, np.where(b < 0, 0, b)))


def _number_power(a: Array, p: Any) -> Any:
    return _power(np.asarray(p, a.dtype), a)


def _power_gradient(dy: Array, a: Array, b: Any) -> Any:
    return np.where(b == 0, 0, dy * b * np.power(a, b - 1))


def _exponent_gradient(dy: Array, a: Any, b: Array, y: Array) -> Any:
    return np.where((a == 0) & (b >= 0), 0, dy * y * np.log(a))


def _maximum_gradient(dy: Array, a: Array, b: Array) -> Any:
    return np.where(a == b, dy / 2, np.where(a < b, 0, dy))


def _sign(a: Array) -> Any:
    return np.where(a > 0, 1, np.where(a < 0, -1, 0))


def _norm_gradient(dy: Array, x: Array, y: Array, p: float) -> Any:
    share = dy * _sign(x) * np.power(np.abs(x) / y, p - 1)
    return np.where((x == 0) | (y == 0), 0, share)


def _close(a: Array, b: Array, rtol: float, atol: float, nan: float) -> Any:
    if a.dtype.kind == "b":
        return a == b
    a, b = (side.astype(np.float64) if side.dtype.kind in "iu" else side for side in (a, b))
    near = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(a) & np.isfinite(b)
    return near | (a == b) | (np.isnan(a) & np.isnan(b) if nan else False)


RULES: Rules = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "floor_divide": _floor_divide,
    "remainder": np.remainder,
    "fmod": np.fmod,
    "power": _power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "add_number": np.add,
    "multiply_number": np.multiply,
    "divide_number": np.divide,
    "subtract_from": lambda a, p: p - a,
    "divide_into": lambda a, p: p / a,
    "power_number": _power,
    "number_power": _number_power,
    "divide_gradient": lambda dy, y, b: -dy * y / b,
    "power_gradient": _power_gradient,
    "exponent_gradient": _exponent_gradient,
    "power_number_gradient": _power_gradient,
    "number_power_gradient": lambda dy, a, y, p: _exponent_gradient(dy, np.float64(p), a, y),
    "maximum_gradient": _maximum_gradient,
    "negative": np.negative,
    "absolute": np.abs,
    "absolute_gradient": lambda dy, x: dy * _sign(x),
    "sign": _sign,
    "square": np.square,
    "square_gradient": lambda dy, x: 2 * dy * x,
    "clamp": lambda a, low, high: np.minimum(np.maximum(a, low), high),
    "clamp_gradient": lambda dy, x, low, high: np.where((x >= low) & (x <= high), dy, 0),
    "where": np.where,
    "keep": lambda mask, a: np.where(mask, a, np.zeros_like(a)),
    "drop": lambda mask, a: np.where(mask, np.zeros_like(a), a),
    "replace": lambda mask, a, p: np.where(mask, np.asarray(p, a.dtype), a),
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "close": _close,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "logical_not": np.logical_not,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "bitwise_not": np.bitwise_not,
    "sqrt_or_zero_gradient": lambda dy, y: np.where(y == 0, 0, dy / (2 * y)),
    "variance_gradient": lambda dv, x, m, n: 2 * dv * (x - m) / n,
    "logsumexp_gradient": lambda dy, x, y: dy * np.exp(x - y),
    "norm_gradient": _norm_gradient,
}
