"""Philox4x32-10 in vectors of counters: random bits as a pure function of counter and key.

Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
"""

from __future__ import annotations

from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value

_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85  # what the key grows by each round: golden ratio, sqrt(3) - 1
_ROUNDS = 10


def bits(
    v: Emitter, counter: tuple[Value, Value, Value, Value], key: tuple[Value, Value]
) -> list[Value]:
    """Four vectors of bits, one after the other: words 0, 1, 2, 3 of the first counter, and so on.

    Args:
        counter: four vectors of int32, taken as unsigned.
        key: two vectors of int32, the same number in all lanes.
    """
    a, b, c, d = counter
    left, right = key
    for number in range(_ROUNDS):
        if number:
            left, right = left + _signed(_WEYL[0]), right + _signed(_WEYL[1])
        first = a.to("int64") * _MULTIPLIERS[0]
        second = c.to("int64") * _MULTIPLIERS[1]
        a, b = _high(second) ^ b ^ left, second.to("int32")
        c, d = _high(first) ^ d ^ right, first.to("int32")
    low, high = v.interleave(a, c), v.interleave(b, d)
    return [*v.interleave(low[0], high[0]), *v.interleave(low[1], high[1])]


def _high(product: Value) -> Value:
    return (product >> 32).to("int32")


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word
