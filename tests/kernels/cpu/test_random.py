"""Random draws against the NumPy kernels, bit by bit."""

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import random
from dlcore.kernels.cpu.launch import Script, taping
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.kernels.numpy import random as by_numpy

SLOW = pytest.mark.slow  # as bfloat16, with other conversions
DTYPES = (np.float32, ml_dtypes.bfloat16, pytest.param(np.float16, marks=SLOW))
SHAPES = [(), (5,), (3, 4), (2, 64), (3, 7, 11), (2, 20_003), (0, 3), (700, 9)]
HOW = {"shape": None, "order": None, "key": (2**32 - 1, 7), "call": 3}
CLOCK = np.array([11, 2**32 - 2], np.uint32)


@pytest.mark.parametrize("shape", SHAPES)
def test_bits_and_choices(shape):
    how = HOW | {"shape": shape}
    expected, actual = np.zeros(shape, np.uint32), np.zeros(shape, np.uint32)
    by_numpy.random_bits(CLOCK, expected, **how)
    random.random_bits(CLOCK, actual, **how)
    np.testing.assert_array_equal(actual, expected)
    for threshold in (0, 2**31, 2**32 - 1, 2**32):
        chosen = np.full(shape, threshold == 0)
        random.bernoulli(CLOCK, chosen, **how, threshold=threshold)
        np.testing.assert_array_equal(chosen, expected < np.uint64(threshold))


@pytest.mark.parametrize("dtype", DTYPES)
def test_uniform(dtype):
    expected, actual = np.zeros((3, 70), dtype), np.zeros((3, 70), dtype)
    for module, y in ((by_numpy, expected), (random, actual)):
        module.uniform(CLOCK, y, **HOW | {"shape": y.shape}, dtype=y.dtype)
    np.testing.assert_array_equal(actual, expected)


def test_any_memory_order():
    shape = (2, 3, 5, 4)
    expected, actual = np.zeros(shape, np.uint32), np.zeros((2, 5, 4, 3), np.uint32)
    by_numpy.random_bits(CLOCK, expected, **HOW | {"shape": shape})
    random.random_bits(CLOCK, actual.transpose(0, 3, 1, 2), **HOW | {"shape": shape})
    np.testing.assert_array_equal(actual.transpose(0, 3, 1, 2), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 50), (2, 3, 4, 5)])
def test_dropout_has_the_bits_of_its_parts(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    x.reshape(-1)[::7] = np.nan
    mask, expected = np.zeros(shape, np.bool_), np.zeros_like(x)
    by_numpy.bernoulli(CLOCK, mask, **HOW | {"shape": shape}, threshold=2**31)
    by_numpy.masked_scale(x, mask, expected, scale=2.5)
    y = np.ones_like(x)
    random.masked_scale(x, mask, y, scale=2.5)
    np.testing.assert_array_equal(y.astype(float), expected.astype(float))
    chosen, y = np.zeros_like(mask), np.ones_like(x)
    with taping() as tape:
        random.dropout(CLOCK, x, chosen, y, key=HOW["key"], call=3, threshold=2**31, scale=2.5)
    assert tape.complete
    for _ in range(2):
        np.testing.assert_array_equal(chosen, mask)
        np.testing.assert_array_equal(y.astype(float), expected.astype(float))
        y[...] = 0
        Script(tape.launches).run()


def test_replays_read_the_clock_anew():
    clock, y = CLOCK.copy(), np.zeros((2, 9), np.uint32)
    with taping() as tape:
        random.random_bits(clock, y, **HOW)
    first = y.copy()
    clock[0] += 1
    Script(tape.launches).run()
    assert (y != first).all()


def test_threads_give_the_same_bits():
    results = []
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            results.append(np.empty((30, 5000), np.uint32))
            random.random_bits(CLOCK, results[-1], **HOW)
        finally:
            set_thread_count(None)
    np.testing.assert_array_equal(*results)
