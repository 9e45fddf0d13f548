"""Pointwise rules of activations, each as a few NumPy expressions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dlcore.kernels.numpy.arithmetic import Rules
from dlcore.kernels.numpy.special import erfc
from dlcore.kernels.numpy.wide import Array


def _sigmoid(x: Array) -> Any:
    return 1 / (1 + np.exp(-x))  # e^-x = Inf gives 0, as it should


def _softplus(x: Array, b: float, t: float) -> Any:
    return np.where(b * x > t, x, np.log1p(np.exp(np.minimum(b * x, t))) / b)


def _softplus_gradient(dy: Array, x: Array, b: float, t: float) -> Any:
    return np.where(b * x > t, dy, dy * _sigmoid(b * x))


def _elu(x: Array, p: float, s: float, r: float) -> Any:
    return np.where(x <= 0, s * p * np.expm1(np.minimum(x, 0) / r), s * x)


def _elu_gradient(dy: Array, x: Array, p: float, s: float, r: float) -> Any:
    return np.where(x <= 0, dy * (s * p / r) * np.exp(np.minimum(x, 0) / r), s * dy)


def _normal_below(x: Array) -> Any:
    """The probability that a normal number is below x: (1 + erf(x / sqrt 2)) / 2."""
    return erfc(-x * 0.5**0.5) / 2


def _gelu_gradient(dy: Array, x: Array) -> Any:
    density = np.exp(-x * x / 2) * (2 * math.pi) ** -0.5
    return dy * (_normal_below(x) + x * density)


_SLOPE = (2 / math.pi) ** 0.5


def _gelu_tanh(x: Array) -> Any:
    return x * (1 + np.tanh(_SLOPE * (x + 0.044715 * x * x * x))) / 2


def _gelu_tanh_gradient(dy: Array, x: Array) -> Any:
    t = np.tanh(_SLOPE * (x + 0.044715 * x * x * x))
    return dy * ((1 + t) / 2 + x * (1 - t * t) / 2 * _SLOPE * (1 + 0.134145 * x * x))


def _silu_gradient(dy: Array, x: Array) -> Any:
    s = _sigmoid(x)
    return dy * s * (1 + x * (1 - s))


def _tanh_of_softplus(x: Array) -> Any:
    return np.tanh(np.logaddexp(0, x))


def _mish_gradient(dy: Array, x: Array) -> Any:
    t = _tanh_of_softplus(x)
    return dy * (t + x * _sigmoid(x) * (1 - t * t))


def _hardswish_gradient(dy: Array, x: Array) -> Any:
    return np.where(x <= -3, 0, np.where(x < 3, dy * (x / 3 + 0.5), dy))


def _inside(dy: Array, x: Array, low: float, high: float) -> Any:
    return np.where((x <= low) | (x >= high), 0, dy)


def _heaviside(a: Array, b: Array) -> Any:
    return np.where(a == 0, b, np.where(a < 0, 0, np.where(a > 0, 1, a)))


RULES: Rules = {
    "sigmoid": _sigmoid,
    "sigmoid_gradient": lambda dy, y: dy * y * (1 - y),
    "log_sigmoid": lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    "log_sigmoid_gradient": lambda dy, x: dy * _sigmoid(-x),
    "relu": lambda x: np.maximum(x, 0),
    "relu_gradient": lambda dy, y: np.where(y <= 0, 0, dy),
    "threshold": lambda x, t, p: np.where(x <= t, np.asarray(p, x.dtype), x),
    "threshold_gradient": lambda dy, x, t: np.where(x <= t, 0, dy),
    "hardtanh_gradient": _inside,
    "leaky_relu": lambda x, p: np.where(x > 0, x, p * x),
    "leaky_relu_gradient": lambda dy, x, p: np.where(x > 0, dy, p * dy),
    "prelu": lambda x, w: np.where(x > 0, x, w * x),
    "prelu_gradient": lambda dy, x, w: np.where(x > 0, dy, w * dy),
    "prelu_weight_gradient": lambda dy, x: np.where(x > 0, 0, x * dy),
    "elu": _elu,
    "elu_gradient": _elu_gradient,
    "gelu": lambda x: x * _normal_below(x),
    "gelu_gradient": _gelu_gradient,
    "gelu_tanh": _gelu_tanh,
    "gelu_tanh_gradient": _gelu_tanh_gradient,
    "silu": lambda x: x * _sigmoid(x),
    "silu_gradient": _silu_gradient,
    "mish": lambda x: x * _tanh_of_softplus(x),
    "mish_gradient": _mish_gradient,
    "softplus": _softplus,
    "softplus_gradient": _softplus_gradient,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softsign_gradient": lambda dy, x: dy / np.square(1 + np.abs(x)),
    "hardsigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hardsigmoid_gradient": lambda dy, x: np.where((x > -3) & (x < 3), dy / 6, 0),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hardswish_gradient": _hardswish_gradient,
    "hardshrink": lambda x, p: np.where(np.abs(x) <= p, 0, x),
    "softshrink": lambda x, p: x - np.clip(x, -p, p),
    "shrink_gradient": lambda dy, x, p: np.where(np.abs(x) <= p, 0, dy),
    "heaviside": _heaviside,
}
