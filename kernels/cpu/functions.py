"""Exponentials, logarithms and their kin for vectors of float32.

They are exact to 3 units in the last place, erfc to 8.
Results below the smallest normal number, 1.2e-38, are 0, as everywhere in kernels.
Sources of the polynomials: S. L. Moshier, Cephes mathematical library (single precision), 1992;
for erfc W. H. Press et al., Numerical Recipes in C, 2nd edition, 1992, section 6.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value

SIGN = -(1 << 31)  # the bit, in a signed integer
_ROUND = 1.5 * 2**23  # added to a small number, it leaves an integer in the last bits
_LOG2_E = 1.44269504088896341
_LOG_2 = 0.693359375, -2.12194440e-4  # the sum is log 2; the first has few digits
_LARGEST, _SMALLEST = 88.7228317, -87.3365402  # powers beyond are Inf and 0

_POWER = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
          5.0000001201e-1)  # fmt: skip
_LOG = (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)  # fmt: skip
_ERF = (7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2,
        1.128358514861418e-1, -3.761262582423300e-1, 1.128379165726710)  # fmt: skip
# erfc x = t e^(-x x + p(t)), t = 1 / (1 + x / 2)
_ERFC = (0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
         0.37409196, 1.00002368, -1.26551223)  # fmt: skip


def polynomial(v: Emitter, x: Value, coefficients: Sequence[float]) -> Value:
    """Its value at x; coefficients from the highest power down."""
    total = v.splat(coefficients[0])
    for coefficient in coefficients[1:]:
        total = v.fma(total, x, v.splat(coefficient))
    return total


def with_sign(x: Value, sign: Value) -> Value:
    """|x| with the sign of another number."""
    magnitude, bit = x.bits("int32") & ~SIGN, sign.bits("int32") & SIGN
    return (magnitude | bit).bits("float32")


def exp(v: Emitter, x: Value) -> Value:
    q, n = _reduced(v, x)
    half = n * 0.5 + _ROUND - _ROUND  # 2^n itself may be too large
    power = (q + 1.0) * _two_to(half) * _two_to(n - half)
    power = v.select(x > _LARGEST, v.splat(float("inf")), power)
    return v.select(x < _SMALLEST, v.splat(0.0), power)


def expm1(v: Emitter, x: Value) -> Value:
    """e^x - 1, exact for small x."""
    q, n = _reduced(v, v.minimum(x, v.splat(_LARGEST)))
    half = n * 0.5 + _ROUND - _ROUND
    one = _two_to(half * -1.0)
    result = (v.fma(q, _two_to(n - half), _two_to(n - half) - one)) * _two_to(half)
    result = v.select(n.equals(0.0), q, result)
    result = v.select(x > _LARGEST, v.splat(float("inf")), result)
    return v.select(x < -20.0, v.splat(-1.0), result)


def log(v: Emitter, x: Value) -> Value:
    root = 0x3F3504F3  # the bits of sqrt(1/2): x = 2^e (1 + t) with 1 + t from there to sqrt 2
    bits = x.bits("int32")
    exponent = (bits - root + (127 << 23)) >> 23
    t = (bits - (exponent << 23) + (127 << 23)).bits("float32") - 1.0
    e = exponent.as_float() - 127.0
    square = t * t
    low = polynomial(v, t, _LOG) * t * square + e * _LOG_2[1] - square * 0.5
    result = v.fma(e, v.splat(_LOG_2[0]), t + low)
    result = v.select(x.equals(float("inf")), x, result)
    result = v.select(x < 0.0, v.splat(float("nan")), result)
    result = v.select(x.equals(0.0), v.splat(float("-inf")), result)
    return v.select(x.is_nan(), x, result)


def log1p(v: Emitter, x: Value) -> Value:
    """log(1 + x), exact for small x."""
    u = x + 1.0
    lost = x - (u - 1.0)
    ordinary = (u > 0.0) & (u < float("inf"))
    small = v.abs(x) < 2.0**-12
    near = x - x * x * 0.5
    return v.select(small, near, log(v, u) + v.select(ordinary, lost / u, v.splat(0.0)))


def sigmoid(v: Emitter, x: Value) -> Value:
    return 1.0 / (exp(v, -1.0 * x) + 1.0)


def tanh(v: Emitter, x: Value) -> Value:
    e = expm1(v, v.abs(x) * -2.0)
    return with_sign(e / (e + 2.0), x)


def softplus(v: Emitter, x: Value) -> Value:
    """log(1 + e^x), without overflow."""
    return v.maximum(x, v.splat(0.0)) + log1p(v, exp(v, v.abs(x) * -1.0))


def erf(v: Emitter, x: Value) -> Value:
    size = v.abs(x)
    near = x * polynomial(v, x * x, _ERF)
    return v.select(size < 1.0, near, with_sign(1.0 - _erfc(v, size), x))


def erfc(v: Emitter, x: Value) -> Value:
    """1 - erf x, exact for large x."""
    tail = _erfc(v, v.abs(x))
    return v.select(x < 0.0, 2.0 - tail, tail)


def _reduced(v: Emitter, x: Value) -> tuple[Value, Value]:
    """e^r - 1 and the integer n, for x = n log 2 + r."""
    n = v.fma(x, v.splat(_LOG2_E), v.splat(_ROUND)) - _ROUND
    r = v.fma(n, v.splat(-_LOG_2[1]), v.fma(n, v.splat(-_LOG_2[0]), x))
    return v.fma(polynomial(v, r, _POWER), r * r, r), n


def _two_to(n: Value) -> Value:
    """2^n for integers from -126 to 127."""
    return ((n + (_ROUND + 127.0)).bits("int32") << 23).bits("float32")


def _erfc(v: Emitter, x: Value) -> Value:
    """Erfc of numbers from 0 on."""
    t = 1.0 / (x * 0.5 + 1.0)
    p = polynomial(v, t, _ERFC)
    square = x * x
    exponent = p - square
    # What rounding takes from the exponent would be lost from the digits of the power.
    lost = v.fma(x, x, square * -1.0) - (p - (exponent + square))
    tail = t * exp(v, exponent) * (1.0 - lost)
    return v.select(x < 10.1, tail, v.select(x.is_nan(), x, v.splat(0.0)))
