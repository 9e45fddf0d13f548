"""The rules of the pointwise primitive as vector code, by name: all but those of rare functions.

Each takes an emitter, the operands (masks where they are bool) and the parameters, and gives a
vector of float32 or a mask. The formulas are in the contract; the order of operations is that of
the NumPy kernels.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from dlcore.kernels.cpu import functions as f
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value

Rule = Callable[..., Value]

_SLOPE = math.sqrt(2 / math.pi)
_PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density
_LOG_2, _LOG_10 = math.log(2), math.log(10)


def _zero(v: Emitter) -> Value:
    return v.splat(0.0)


def _sign(v: Emitter, x: Value) -> Value:
    return v.select(x > 0.0, v.splat(1.0), v.select(x < 0.0, v.splat(-1.0), _zero(v)))


def _clamp(v: Emitter, x: Value, low: Value, high: Value) -> Value:
    return v.minimum(v.maximum(x, low), high)


def _between(v: Emitter, x: Value, low: float, high: float) -> Value:
    return _clamp(v, x, v.splat(low), v.splat(high))


def _maximum_gradient(v: Emitter, dy: Value, a: Value, b: Value) -> Value:
    return v.select(a.equals(b), dy * 0.5, v.select(a < b, _zero(v), dy))


def _power(v: Emitter, a: Value, b: Value) -> Value:
    return v.library("pow", a, b)


def _power_gradient(v: Emitter, dy: Value, a: Value, b: Value) -> Value:
    return v.select(b.equals(0.0), _zero(v), dy * b * _power(v, a, b - 1.0))


def _exponent_gradient(v: Emitter, dy: Value, a: Value, b: Value, y: Value) -> Value:
    return v.select(a.equals(0.0) & (b >= 0.0), _zero(v), dy * y * f.log(v, a))


def _norm_gradient(v: Emitter, dy: Value, x: Value, y: Value, p: Value) -> Value:
    share = dy * _sign(v, x) * _power(v, v.abs(x) / y, p - 1.0)
    return v.select(x.equals(0.0) | y.equals(0.0), _zero(v), share)


def _is_finite(v: Emitter, x: Value) -> Value:
    return v.abs(x) < math.inf


def _softplus(v: Emitter, x: Value, b: Value, t: Value) -> Value:
    return v.select(b * x > t, x, f.softplus(v, b * x) / b)


def _softplus_gradient(v: Emitter, dy: Value, x: Value, b: Value, t: Value) -> Value:
    return v.select(b * x > t, dy, dy * f.sigmoid(v, b * x))


def _elu(v: Emitter, x: Value, p: Value, s: Value, r: Value) -> Value:
    return v.select(x <= 0.0, s * p * f.expm1(v, x / r), s * x)


def _elu_gradient(v: Emitter, dy: Value, x: Value, p: Value, s: Value, r: Value) -> Value:
    return v.select(x <= 0.0, dy * (s * p / r) * f.exp(v, x / r), s * dy)


def _normal_below(v: Emitter, x: Value) -> Value:
    """The probability that a normal number is below x."""
    return f.erfc(v, x * -math.sqrt(0.5)) * 0.5


def _gelu_gradient(v: Emitter, dy: Value, x: Value) -> Value:
    density = f.exp(v, x * x * -0.5) * _PEAK
    return dy * (_normal_below(v, x) + x * density)


def _tanh_of_gelu(v: Emitter, x: Value) -> Value:
    return f.tanh(v, (x + x * x * x * 0.044715) * _SLOPE)


def _gelu_tanh_gradient(v: Emitter, dy: Value, x: Value) -> Value:
    t = _tanh_of_gelu(v, x)
    slope = (x * x * 0.134145 + 1.0) * _SLOPE
    return dy * ((t + 1.0) * 0.5 + x * (1.0 - t * t) * 0.5 * slope)


def _silu_gradient(v: Emitter, dy: Value, x: Value) -> Value:
    s = f.sigmoid(v, x)
    return dy * s * (x * (1.0 - s) + 1.0)


def _mish_gradient(v: Emitter, dy: Value, x: Value) -> Value:
    t = f.tanh(v, f.softplus(v, x))
    return dy * (t + x * f.sigmoid(v, x) * (1.0 - t * t))


def _hardswish_gradient(v: Emitter, dy: Value, x: Value) -> Value:
    inside = v.select(x < 3.0, dy * (x / 3.0 + 0.5), dy)
    return v.select(x <= -3.0, _zero(v), inside)


def _heaviside(v: Emitter, a: Value, b: Value) -> Value:
    positive = v.select(a > 0.0, v.splat(1.0), a)
    return v.select(a.equals(0.0), b, v.select(a < 0.0, _zero(v), positive))


def _erf_slope(v: Emitter, x: Value) -> Value:
    return f.exp(v, x * x * -1.0) * (2 / math.sqrt(math.pi))


def _nan_to_num(v: Emitter, x: Value, p: Value, high: Value, low: Value) -> Value:
    x = v.select(x.equals(math.inf), high, v.select(x.equals(-math.inf), low, x))
    return v.select(x.is_nan(), p, x)


def _logaddexp(v: Emitter, a: Value, b: Value) -> Value:
    apart = v.abs(a - b)
    above = v.select(a.equals(b), _zero(v), apart)  # so that no Inf - Inf makes a NaN
    return v.maximum(a, b) + f.log1p(v, f.exp(v, above * -1.0))


def _where(v: Emitter, mask: Value, a: Value, b: Value) -> Value:
    return v.select(mask, a, b)


ARITHMETIC: dict[str, Rule] = {
    "add": lambda v, a, b: a + b,
    "subtract": lambda v, a, b: a - b,
    "multiply": lambda v, a, b: a * b,
    "divide": lambda v, a, b: a / b,
    "power": _power,
    "maximum": lambda v, a, b: v.maximum(a, b),
    "minimum": lambda v, a, b: v.minimum(a, b),
    "add_number": lambda v, a, p: a + p,
    "multiply_number": lambda v, a, p: a * p,
    "divide_number": lambda v, a, p: a / p,
    "subtract_from": lambda v, a, p: p - a,
    "divide_into": lambda v, a, p: p / a,
    "power_number": _power,
    "number_power": lambda v, a, p: _power(v, p, a),
    "divide_gradient": lambda v, dy, y, b: dy * -1.0 * y / b,
    "power_gradient": _power_gradient,
    "exponent_gradient": _exponent_gradient,
    "power_number_gradient": _power_gradient,
    "number_power_gradient": lambda v, dy, a, y, p: _exponent_gradient(v, dy, p, a, y),
    "maximum_gradient": _maximum_gradient,
    "negative": lambda v, a: (a.bits("int32") ^ f.SIGN).bits("float32"),
    "absolute": lambda v, a: v.abs(a),
    "absolute_gradient": lambda v, dy, x: dy * _sign(v, x),
    "sign": _sign,
    "square": lambda v, a: a * a,
    "square_gradient": lambda v, dy, x: dy * 2.0 * x,
    "clamp": _clamp,
    "clamp_gradient": lambda v, dy, x, low, high: v.select((x >= low) & (x <= high), dy, _zero(v)),
    "where": _where,
    "keep": lambda v, mask, a: v.select(mask, a, _zero(v)),
    "drop": lambda v, mask, a: v.select(mask, _zero(v), a),
    "replace": lambda v, mask, a, p: v.select(mask, p, a),
    "equal": lambda v, a, b: a.equals(b),
    "not_equal": lambda v, a, b: ~a.equals(b),
    "less": lambda v, a, b: a < b,
    "less_equal": lambda v, a, b: a <= b,
    "greater": lambda v, a, b: a > b,
    "greater_equal": lambda v, a, b: a >= b,
    "isnan": lambda v, a: a.is_nan(),
    "isinf": lambda v, a: v.abs(a).equals(math.inf),
    "isfinite": _is_finite,
    "logical_and": lambda v, a, b: ~a.equals(0.0) & ~b.equals(0.0),
    "logical_or": lambda v, a, b: ~a.equals(0.0) | ~b.equals(0.0),
    "logical_xor": lambda v, a, b: a.equals(0.0) ^ b.equals(0.0),
    "logical_not": lambda v, a: a.equals(0.0),
    "sqrt_or_zero_gradient": lambda v, dy, y: v.select(y.equals(0.0), _zero(v), dy / (y * 2.0)),
    "variance_gradient": lambda v, dv, x, m, n: dv * 2.0 * (x - m) / n,
    "logsumexp_gradient": lambda v, dy, x, y: dy * f.exp(v, x - y),
    "norm_gradient": _norm_gradient,
}

ELEMENTWISE: dict[str, Rule] = {
    "reciprocal": lambda v, x: 1.0 / x,
    "reciprocal_gradient": lambda v, dy, y: dy * -1.0 * y * y,
    "sqrt": lambda v, x: v.sqrt(x),
    "sqrt_gradient": lambda v, dy, y: dy / (y * 2.0),
    "rsqrt": lambda v, x: 1.0 / v.sqrt(x),
    "rsqrt_gradient": lambda v, dy, y: dy * -1.0 * y * y * y * 0.5,
    "exp": f.exp,
    "exp2_gradient": lambda v, dy, y: dy * y * _LOG_2,
    "expm1": f.expm1,
    "expm1_gradient": lambda v, dy, y: dy * (y + 1.0),
    "log": f.log,
    "log1p": f.log1p,
    "log1p_gradient": lambda v, dy, x: dy / (x + 1.0),
    "log2_gradient": lambda v, dy, x: dy / (x * _LOG_2),
    "log10_gradient": lambda v, dy, x: dy / (x * _LOG_10),
    "tan_gradient": lambda v, dy, y: dy * (y * y + 1.0),
    "asin_gradient": lambda v, dy, x: dy / v.sqrt(1.0 - x * x),
    "acos_gradient": lambda v, dy, x: dy * -1.0 / v.sqrt(1.0 - x * x),
    "atan_gradient": lambda v, dy, x: dy / (x * x + 1.0),
    "tanh": f.tanh,
    "tanh_gradient": lambda v, dy, y: dy * (1.0 - y * y),
    "erf": f.erf,
    "erf_gradient": lambda v, dy, x: dy * _erf_slope(v, x),
    "erfc": f.erfc,
    "erfc_gradient": lambda v, dy, x: dy * -1.0 * _erf_slope(v, x),
    "nan_to_num": _nan_to_num,
    "atan2_gradient": lambda v, dy, a, b: dy * b / (a * a + b * b),
    "logaddexp": _logaddexp,
    "logaddexp_gradient": lambda v, dy, a, b: dy / (f.exp(v, b - a) + 1.0),
}

ACTIVATION: dict[str, Rule] = {
    "sigmoid": f.sigmoid,
    "sigmoid_gradient": lambda v, dy, y: dy * y * (1.0 - y),
    "log_sigmoid": lambda v, x: f.softplus(v, x * -1.0) * -1.0,
    "log_sigmoid_gradient": lambda v, dy, x: dy * f.sigmoid(v, x * -1.0),
    "relu": lambda v, x: v.select(x <= 0.0, _zero(v), x),
    "relu_gradient": lambda v, dy, y: v.select(y <= 0.0, _zero(v), dy),
    "threshold": lambda v, x, t, p: v.select(x <= t, p, x),
    "threshold_gradient": lambda v, dy, x, t: v.select(x <= t, _zero(v), dy),
    "hardtanh_gradient": lambda v, dy, x, low, high: v.select(
        (x <= low) | (x >= high), _zero(v), dy
    ),
    "leaky_relu": lambda v, x, p: v.select(x > 0.0, x, p * x),
    "leaky_relu_gradient": lambda v, dy, x, p: v.select(x > 0.0, dy, p * dy),
    "prelu": lambda v, x, w: v.select(x > 0.0, x, w * x),
    "prelu_gradient": lambda v, dy, x, w: v.select(x > 0.0, dy, w * dy),
    "prelu_weight_gradient": lambda v, dy, x: v.select(x > 0.0, _zero(v), x * dy),
    "elu": _elu,
    "elu_gradient": _elu_gradient,
    "gelu": lambda v, x: x * _normal_below(v, x),
    "gelu_gradient": _gelu_gradient,
    "gelu_tanh": lambda v, x: x * (_tanh_of_gelu(v, x) + 1.0) * 0.5,
    "gelu_tanh_gradient": _gelu_tanh_gradient,
    "silu": lambda v, x: x * f.sigmoid(v, x),
    "silu_gradient": _silu_gradient,
    "mish": lambda v, x: x * f.tanh(v, f.softplus(v, x)),
    "mish_gradient": _mish_gradient,
    "softplus": _softplus,
    "softplus_gradient": _softplus_gradient,
    "softsign": lambda v, x: x / (v.abs(x) + 1.0),
    "softsign_gradient": lambda v, dy, x: dy / ((v.abs(x) + 1.0) * (v.abs(x) + 1.0)),
    "hardsigmoid": lambda v, x: _between(v, x + 3.0, 0.0, 6.0) / 6.0,
    "hardsigmoid_gradient": lambda v, dy, x: v.select((x > -3.0) & (x < 3.0), dy / 6.0, _zero(v)),
    "hardswish": lambda v, x: x * _between(v, x + 3.0, 0.0, 6.0) / 6.0,
    "hardswish_gradient": _hardswish_gradient,
    "hardshrink": lambda v, x, p: v.select(v.abs(x) <= p, _zero(v), x),
    "softshrink": lambda v, x, p: x - _clamp(v, x, p * -1.0, p),
    "shrink_gradient": lambda v, dy, x, p: v.select(v.abs(x) <= p, _zero(v), dy),
    "heaviside": _heaviside,
}

RULES: dict[str, Rule] = {**ARITHMETIC, **ELEMENTWISE, **ACTIVATION}
"""Without these, which NumPy computes: floor_divide, remainder, fmod, close, exp2, log2, log10,
sin, cos, tan, their inverses and hyperbolic relatives, atan2, floor, ceil, round, trunc, and what
is for integers only."""

TRUTH = {
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
    *("isnan", "isinf", "isfinite"),
    *("logical_and", "logical_or", "logical_xor", "logical_not"),
}
"""The rules that give masks."""
