"""Activations by the math module, in float64."""

import math

from tests.oracle.arithmetic import clamped, isnan, quotient, times
from tests.oracle.elementwise import exp


def sigmoid(x):
    return quotient(1, 1 + exp(-x))


def softplus(x):
    """log(1 + e^x), without overflow."""
    return x if x > 700 else math.log1p(exp(x))


def normal_below(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def gelu_gradient(dy, x):
    density = exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return times(dy, normal_below(x) + times(x, density))


def gelu_argument(x):
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)


def gelu_tanh_gradient(dy, x):
    t = math.tanh(gelu_argument(x))
    slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
    return times(dy, 0.5 * (1 + t) + times(0.5, x, 1 - t * t, slope))


def mish_gradient(dy, x):
    t = math.tanh(softplus(x))
    return times(dy, t + times(x, sigmoid(x), 1 - t * t))


def elu(x, p, s, r):
    return s * p * math.expm1(x / r) if x <= 0 else s * x


def elu_gradient(dy, x, p, s, r):
    return times(dy, s * p / r, exp(x / r)) if x <= 0 else s * dy


def hardswish_gradient(dy, x):
    return 0 if x <= -3 else times(dy, x / 3 + 0.5) if x < 3 else dy


RULES = {
    "sigmoid": sigmoid,
    "sigmoid_gradient": lambda dy, y: times(dy, y, 1 - y),
    "log_sigmoid": lambda x: x if x < -700 else -math.log1p(exp(-x)),
    "log_sigmoid_gradient": lambda dy, x: times(dy, sigmoid(-x)),
    "relu": lambda x: x if x > 0 or isnan(x) else 0,
    "relu_gradient": lambda dy, y: 0 if y <= 0 else dy,
    "threshold": lambda x, t, p: p if x <= t else x,
    "threshold_gradient": lambda dy, x, t: 0 if x <= t else dy,
    "hardtanh_gradient": lambda dy, x, low, high: 0 if x <= low or x >= high else dy,
    "leaky_relu": lambda x, p: x if x > 0 else p * x,
    "leaky_relu_gradient": lambda dy, x, p: dy if x > 0 else p * dy,
    "prelu": lambda x, w: x if x > 0 else times(w, x),
    "prelu_gradient": lambda dy, x, w: dy if x > 0 else times(w, dy),
    "prelu_weight_gradient": lambda dy, x: 0 if x > 0 else times(x, dy),
    "elu": elu,
    "elu_gradient": elu_gradient,
    "gelu": lambda x: times(x, normal_below(x)),
    "gelu_gradient": gelu_gradient,
    "gelu_tanh": lambda x: times(x, 0.5, 1 + math.tanh(gelu_argument(x))),
    "gelu_tanh_gradient": gelu_tanh_gradient,
    "silu": lambda x: times(x, sigmoid(x)),
    "silu_gradient": lambda dy, x: times(dy, sigmoid(x), 1 + times(x, 1 - sigmoid(x))),
    "mish": lambda x: times(x, math.tanh(softplus(x))),
    "mish_gradient": mish_gradient,
    "softplus": lambda x, b, t: x if b * x > t else softplus(b * x) / b,
    "softplus_gradient": lambda dy, x, b, t: dy if b * x > t else times(dy, sigmoid(b * x)),
    "softsign": lambda x: quotient(x, 1 + abs(x)),
    "softsign_gradient": lambda dy, x: quotient(dy, (1 + abs(x)) ** 2),
    "hardsigmoid": lambda x: clamped(x + 3, 0, 6) / 6,
    "hardsigmoid_gradient": lambda dy, x: dy / 6 if -3 < x < 3 else 0,
    "hardswish": lambda x: times(x, clamped(x + 3, 0, 6) / 6),
    "hardswish_gradient": hardswish_gradient,
    "hardshrink": lambda x, p: 0 if -p <= x <= p else x,
    "softshrink": lambda x, p: x - p if x > p else x + p if x < -p else 0 if x == x else x,
    "shrink_gradient": lambda dy, x, p: 0 if -p <= x <= p else dy,
    "heaviside": lambda a, b: a if isnan(a) else 0 if a < 0 else b if a == 0 else 1,
}
