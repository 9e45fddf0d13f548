"""Philox4x32-10 from the paper's equations, on Python integers, one counter at a time."""

import math

import numpy as np

WORD = 2**32


def philox(counter, key, rounds=10):
    left0, right0, left1, right1 = counter  # the paper's R0 L0 R1 L1 are words 0 to 3
    for number in range(rounds):
        key0 = (key[0] + number * 0x9E3779B9) % WORD
        key1 = (key[1] + number * 0xBB67AE85) % WORD
        high0, low0 = divmod(left0 * 0xD2511F53, WORD)
        high1, low1 = divmod(left1 * 0xCD9E8D57, WORD)
        left0, right0, left1, right1 = high1 ^ right0 ^ key0, low1, high0 ^ right1 ^ key1, low0
    return left0, right0, left1, right1


def random_bits(clock, *, shape, order, key, call):
    bits = np.zeros(shape, np.uint32)
    step, origin = int(clock[0]), int(clock[1])
    for row in range(shape[0] if shape else 1):
        within = shape[1:]
        for element in range(math.prod(within)):
            word = philox((element // 4, (origin + row) % WORD, call, step), key)[element % 4]
            place = (row, *np.unravel_index(element, within)) if shape else ()
            bits[place] = word
    return bits


def uniform(clock, *, shape, order, dtype, key, call):
    digits = {"float64": 32, "float32": 24, "float16": 11, "bfloat16": 8}[dtype.name]
    y = np.zeros(shape)
    bits = random_bits(clock, shape=shape, order=order, key=key, call=call)
    for place in np.ndindex(*shape):
        y[place] = (int(bits[place]) // 2 ** (32 - digits)) / 2**digits
    return y


def bernoulli(clock, *, shape, order, key, call, threshold):
    y = np.zeros(shape, bool)
    bits = random_bits(clock, shape=shape, order=order, key=key, call=call)
    for place in np.ndindex(*shape):
        y[place] = int(bits[place]) < threshold
    return y


def masked_scale(x, mask, *, scale):
    y = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        y[place] = x[place] * scale if mask[place] else 0.0
    return y
