"""Philox4x32-10: random bits as a pure function of a counter and a key.

Ten rounds of multiplying, swapping and adding round keys to four 32-bit words; each word of the
result is an independent draw. Nothing is carried over from one draw to the next, so any part of a
tensor can be made anywhere, in any order.
Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array

_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85  # what the key grows by each round: golden ratio, sqrt(3) - 1
_ROUNDS = 10
_WORD = 0xFFFFFFFF
_BLOCK = 1 << 13  # counters at a time: the words of a block stay in the cache


def row_bits(rows: Array, length: int, step: int, key: tuple[int, int], call: int) -> Array:
    """Bits (len(rows), length) for rows anywhere; four neighbours of a row share a counter."""
    groups = -(-length // 4)
    words = np.empty((len(rows) * groups, 4), np.uint32)
    for start in range(0, len(words), _BLOCK):
        block = words[start : start + _BLOCK]
        place = np.arange(start, start + len(block), dtype=np.uint64)
        row = rows[place // groups] & _WORD
        block.T[...] = philox((place % groups, row, call, step), key)
    return words.reshape(len(rows), groups * 4)[:, :length]


def philox(counter: tuple[Any, Any, Any, Any], key: tuple[int, int]) -> Any:
    """Four counter words below 2**32, arrays of one shape or numbers, to four words of bits."""
    words: list[Array] = [np.asarray(word, np.uint64) for word in counter]
    a, b, c, d = words
    for number in range(_ROUNDS):
        left, right = ((key[side] + number * _WEYL[side]) & _WORD for side in (0, 1))
        first, second = a * np.uint64(_MULTIPLIERS[0]), c * np.uint64(_MULTIPLIERS[1])
        a, b = (second >> 32) ^ b ^ np.uint64(left), second & _WORD
        c, d = (first >> 32) ^ d ^ np.uint64(right), first & _WORD
    return a, b, c, d
