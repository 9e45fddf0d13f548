"""Pointwise rules of numbers from their definitions: one pair of Python numbers at a time."""

import math

import numpy as np

NAN = float("nan")


def isnan(a):
    return a != a


def quotient(a, b):
    """a / b as IEEE 754 has it."""
    return float(np.float64(a) / np.float64(b))


def modulus(a, b):
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    return NAN if b == 0 or math.isinf(a) or isnan(a) or isnan(b) else a % b


def truncated_modulus(a, b):
    if isinstance(a, int) and isinstance(b, int):
        return int(math.fmod(a, b))
    return NAN if b == 0 or math.isinf(a) or isnan(a) or isnan(b) else math.fmod(a, b)


def floored(a, b):
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if b == 0 or isnan(a) or isnan(b):
        return quotient(a, b)
    return NAN if math.isinf(a) else a // b


def power(a, b):
    if isinstance(a, int) and isinstance(b, int):
        return a**b if b >= 0 else int(1 / a**-b) if a else 0
    return float(np.float64(a) ** np.float64(b))


def logarithm(a):
    return -math.inf if a == 0 else NAN if not a > 0 else math.log(a)


def larger(a, b):
    return NAN if isnan(a) or isnan(b) else max(a, b)


def smaller(a, b):
    return NAN if isnan(a) or isnan(b) else min(a, b)


def sign(a):
    return 1 if a > 0 else -1 if a < 0 else 0


def times(*factors):
    """A product as IEEE 754 has it."""
    product = np.float64(1)
    for factor in factors:
        product = product * np.float64(factor)
    return float(product)


def close(a, b, rtol, atol, nan):
    if isnan(a) or isnan(b):
        return bool(nan) and isnan(a) and isnan(b)
    if math.isinf(a) or math.isinf(b):
        return a == b
    return abs(a - b) <= atol + rtol * abs(b)


def norm_gradient(dy, x, y, p):
    return 0 if x == 0 or y == 0 else times(dy, sign(x), power(quotient(abs(x), y), p - 1))


def clamped(a, low, high):
    return a if isnan(a) else min(max(a, low), high)


RULES = {
    "add": lambda a, b: a or b if isinstance(a, bool) else a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": quotient,
    "floor_divide": floored,
    "remainder": modulus,
    "fmod": truncated_modulus,
    "power": power,
    "maximum": larger,
    "minimum": smaller,
    "add_number": lambda a, p: a or p if isinstance(a, bool) else a + p,
    "multiply_number": lambda a, p: a * p,
    "divide_number": quotient,
    "subtract_from": lambda a, p: p - a,
    "divide_into": lambda a, p: quotient(p, a),
    "power_number": power,
    "number_power": lambda a, p: power(p, a),
    "divide_gradient": lambda dy, y, b: quotient(times(-dy, y), b),
    "power_gradient": lambda dy, a, b: 0 if b == 0 else times(dy, b, power(a, b - 1)),
    "exponent_gradient": lambda dy, a, b, y: 0 if a == 0 and b >= 0 else times(dy, y, logarithm(a)),
    "power_number_gradient": lambda dy, a, p: 0 if p == 0 else times(dy, p, power(a, p - 1)),
    "number_power_gradient": lambda dy, a, y, p: (
        0 if p == 0 and a >= 0 else times(dy, y, logarithm(p))
    ),
    "maximum_gradient": lambda dy, a, b: dy / 2 if a == b else 0 if a < b else dy,
    "negative": lambda a: -a,
    "absolute": abs,
    "absolute_gradient": lambda dy, x: times(dy, sign(x)),
    "sign": sign,
    "square": lambda a: a * a,
    "square_gradient": lambda dy, x: times(2, dy, x),
    "clamp": clamped,
    "clamp_gradient": lambda dy, x, low, high: dy if low <= x <= high else 0,
    "where": lambda mask, a, b: a if mask else b,
    "keep": lambda mask, a: a if mask else 0,
    "drop": lambda mask, a: 0 if mask else a,
    "replace": lambda mask, a, p: p if mask else a,
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "close": close,
    "isnan": isnan,
    "isinf": lambda a: a in (math.inf, -math.inf),
    "isfinite": lambda a: -math.inf < a < math.inf,
    "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b),
    "logical_xor": lambda a, b: bool(a) is not bool(b),
    "logical_not": lambda a: not a,
    "bitwise_and": lambda a, b: a & b,
    "bitwise_or": lambda a, b: a | b,
    "bitwise_xor": lambda a, b: a ^ b,
    "bitwise_not": lambda a: not a if isinstance(a, bool) else -1 - a,
    "sqrt_or_zero_gradient": lambda dy, y: 0 if y == 0 else quotient(dy, 2 * y),
    "variance_gradient": lambda dv, x, m, n: quotient(times(2, dv, x - m), n),
    "logsumexp_gradient": lambda dy, x, y: times(dy, float(np.exp(np.float64(x) - y))),
    "norm_gradient": norm_gradient,
}
