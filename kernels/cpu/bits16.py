"""bfloat16 and float16 as bit patterns: Numba has neither, so arrays of both come as uint16.

Vectors of uint16 become vectors of float32 exactly, and back with one rounding to nearest even.
NaN stays NaN with its sign; its other bits may change.
"""

from __future__ import annotations

from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value


def widen(v: Emitter, x: Value, dtype: str) -> Value:
    """float32 numbers of the patterns of a "bfloat16" or "float16"."""
    if dtype == "bfloat16":
        return (x.to("int32") << 16).bits("float32")
    return x.bits("float16").to("float32") if v.target.half else _half_to_float(v, x)


def narrow(v: Emitter, x: Value, dtype: str) -> Value:
    """Patterns of the "bfloat16" or "float16" numbers nearest to float32 ones."""
    if dtype == "bfloat16":
        return _float_to_bfloat(v, x)
    return x.to("float16").bits("uint16") if v.target.half else _float_to_half(v, x)


def dot_pairs(v: Emitter, total: Value, x: Value, y: Value) -> Value:
    """total + x[1] y[1] + x[0] y[0] in float32; x, y: int32 lanes that hold two bfloat16 each.

    With `bf16_dot` this is one instruction, which takes subnormal numbers, products and sums for 0.
    Elsewhere two multiply-adds in this order give the same bits as long as there are none.
    """
    if v.target.bf16_dot:
        return v.bf16_dot(total, x, y)
    odd = v.fma(_high(x), _high(y), total)
    return v.fma(_low(x), _low(y), odd)


def _low(pair: Value) -> Value:
    return (pair << 16).bits("float32")


def _high(pair: Value) -> Value:
    return (pair & ~0xFFFF).bits("float32")


def _float_to_bfloat(v: Emitter, x: Value) -> Value:
    bits = x.bits("int32")
    # Half of the last place, less a bit where the pattern is even: a tie goes to the even one.
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    quiet = ((bits >> 16) & 0x8000) | 0x7FC0
    return v.select(x.is_nan(), quiet, rounded).to("uint16")


def _half_to_float(v: Emitter, x: Value) -> Value:
    """By integers: the exponent moves from a bias of 15 to 127, which is 112 more."""
    bits = x.to("int32")
    magnitude = (bits & 0x7FFF) << 13
    exponent = magnitude & (0x1F << 23)
    normal = magnitude + (112 << 23)
    unbounded = normal + (112 << 23)  # infinity and NaN have the largest exponent in both
    # A subnormal number has no leading one: with the one of 2**-14 before it, then without.
    smallest = 2.0**-14
    subnormal = ((normal + (1 << 23)).bits("float32") - smallest).bits("int32")
    finite = v.select(exponent.equals(0), subnormal, normal)
    result = v.select(exponent.equals(0x1F << 23), unbounded, finite)
    return (result | ((bits & 0x8000) << 16)).bits("float32")


def _float_to_half(v: Emitter, x: Value) -> Value:
    """By integers, and for subnormal results by an addition that rounds at the right place."""
    bits = x.bits("int32")
    magnitude = bits & 0x7FFFFFFF
    normal = (magnitude - (112 << 23) + 0xFFF + ((magnitude >> 13) & 1)) >> 13
    # Subnormal numbers are multiples of 2**-24, the last place of float32 numbers from 0.5 to 1.
    subnormal = (magnitude.bits("float32") + 0.5).bits("int32") & 0x7FFFFF
    finite = v.select(magnitude < (113 << 23), subnormal, normal)
    largest = v.select(magnitude < (143 << 23), finite, v.splat(0x7C00, "int32"))
    result = v.select(x.is_nan(), v.splat(0x7E00, "int32"), largest)
    return (result | ((bits >> 16) & 0x8000)).to("uint16")
