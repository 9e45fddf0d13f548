"""Pointwise rules of analysis by the math module, in float64."""

import math

from tests.oracle.arithmetic import NAN, quotient, times

ROOT_PI = math.sqrt(math.pi)


def total(function):
    """A function of the math module that answers outside of its domain, too, as IEEE 754 does."""

    def answer(x):
        try:
            return function(x)
        except ValueError:
            return NAN
        except OverflowError:
            return math.inf

    return answer


exp, sin, cos, sqrt = (total(function) for function in (math.exp, math.sin, math.cos, math.sqrt))


def log(function, pole):
    """A logarithm, with -Inf at its pole."""
    return lambda x: -math.inf if x == pole else total(function)(x)


def sinh(x):
    return x if math.isinf(x) else total(math.sinh)(x)


def whole(function):
    """A rounding function; what has no fraction stays."""
    return lambda x: float(function(x)) if math.isfinite(x) else x


def nearest_even(x):
    below = math.floor(x)
    rest = x - below
    up = rest > 0.5 or (rest == 0.5 and below % 2 == 1)
    return below + 1 if up else below


def nan_to_num(x, p, high, low):
    return p if math.isnan(x) else x if math.isfinite(x) else high if x > 0 else low


def logaddexp(a, b):
    if math.isnan(a) or math.isnan(b):
        return NAN
    larger = max(a, b)
    return larger if math.isinf(larger) else larger + math.log(exp(a - larger) + exp(b - larger))


RULES = {
    "reciprocal": lambda x: quotient(1, x),
    "reciprocal_gradient": lambda dy, y: times(-dy, y, y),
    "sqrt": sqrt,
    "sqrt_gradient": lambda dy, y: quotient(dy, 2 * y),
    "rsqrt": lambda x: quotient(1, sqrt(x)),
    "rsqrt_gradient": lambda dy, y: times(-dy, y, y, y, 0.5),
    "exp": exp,
    "exp2": total(lambda x: 2.0**x),
    "exp2_gradient": lambda dy, y: times(dy, y, math.log(2)),
    "expm1": total(math.expm1),
    "expm1_gradient": lambda dy, y: times(dy, y + 1),
    "log": log(math.log, 0),
    "log1p": log(math.log1p, -1),
    "log1p_gradient": lambda dy, x: quotient(dy, 1 + x),
    "log2": log(math.log2, 0),
    "log2_gradient": lambda dy, x: quotient(dy, times(x, math.log(2))),
    "log10": log(math.log10, 0),
    "log10_gradient": lambda dy, x: quotient(dy, times(x, math.log(10))),
    "sin": sin,
    "sin_gradient": lambda dy, x: times(dy, cos(x)),
    "cos": cos,
    "cos_gradient": lambda dy, x: times(-dy, sin(x)),
    "tan": total(math.tan),
    "tan_gradient": lambda dy, y: times(dy, 1 + y * y),
    "asin": total(math.asin),
    "asin_gradient": lambda dy, x: quotient(dy, sqrt(1 - x * x)),
    "acos": total(math.acos),
    "acos_gradient": lambda dy, x: quotient(-dy, sqrt(1 - x * x)),
    "atan": math.atan,
    "atan_gradient": lambda dy, x: quotient(dy, 1 + x * x),
    "sinh": sinh,
    "sinh_gradient": lambda dy, x: times(dy, total(math.cosh)(x)),
    "cosh": total(math.cosh),
    "cosh_gradient": lambda dy, x: times(dy, sinh(x)),
    "tanh": math.tanh,
    "tanh_gradient": lambda dy, y: times(dy, 1 - y * y),
    "erf": math.erf,
    "erf_gradient": lambda dy, x: times(dy, 2 / ROOT_PI, exp(-x * x)),
    "erfc": math.erfc,
    "erfc_gradient": lambda dy, x: times(-dy, 2 / ROOT_PI, exp(-x * x)),
    "nan_to_num": nan_to_num,
    "atan2": math.atan2,
    "atan2_gradient": lambda dy, a, b: quotient(times(dy, b), times(a, a) + times(b, b)),
    "logaddexp": logaddexp,
    "logaddexp_gradient": lambda dy, a, b: quotient(dy, 1 + exp(b - a)),
    "floor": whole(math.floor),
    "ceil": whole(math.ceil),
    "round": whole(nearest_even),
    "trunc": whole(math.trunc),
}
