"""Copies between any memory orders and dtypes."""

import itertools

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.copy import copy, fill
from dlcore.kernels.cpu.launch import taping
from dlcore.kernels.cpu.threads import set_thread_count

DTYPES = (np.float32, np.float16, ml_dtypes.bfloat16)
ORDERS = [(0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 0, 2), (1, 0, 3, 2)]
BY_BITS = [np.bool_, np.int16, np.int64]


def laid_out(x, order):
    return x.transpose(order).copy().transpose(np.argsort(order))


def move(x, y):
    with taping() as tape:
        copy(x, y, dtype=y.dtype, order=None)
    return tape.complete


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ORDERS, ORDERS)))
def test_every_memory_order(before, after):
    for shape in ((2, 3, 5, 7), (3, 40, 6, 9), (1, 17, 16, 16), (2, 0, 3, 4)):
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        y = laid_out(np.zeros_like(x), after)
        assert move(laid_out(x, before), y)
        np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize(("x_dtype", "y_dtype"), list(itertools.product(DTYPES, DTYPES)))
@pytest.mark.parametrize("after", ORDERS[:2])
def test_dtypes(x_dtype, y_dtype, after):
    x = np.random.default_rng(0).standard_normal((2, 19, 5, 9)) * 100
    x = x.astype(x_dtype)
    y = laid_out(np.zeros(x.shape, y_dtype), after)
    assert move(x, y)
    np.testing.assert_array_equal(y.astype(float), x.astype(y_dtype).astype(float))


@pytest.mark.parametrize("dtype", BY_BITS)
def test_bits_of_any_dtype(dtype):
    x = (np.random.default_rng(0).standard_normal((2, 19, 5, 9)) * 100).astype(dtype)
    for order in ORDERS[:2]:
        y = laid_out(np.zeros_like(x), order)
        assert move(x, y)
        np.testing.assert_array_equal(y, x)


def test_views():
    x = np.random.default_rng(0).standard_normal((6, 20, 34)).astype(np.float32)
    for view in (x[::2], x[:, ::3], x[..., ::-1], x[:, :, 1::2], x.transpose(2, 1, 0)[1::2]):
        memory = np.full((*view.shape, 2), 99, np.float32)
        assert move(view, memory[..., 1])
        np.testing.assert_array_equal(memory[..., 1], view)
        np.testing.assert_array_equal(memory[..., 0], 99)
    y = np.zeros_like(x)
    assert move(np.broadcast_to(x[:1, :, :1], x.shape), y)
    np.testing.assert_array_equal(y, np.broadcast_to(x[:1, :, :1], x.shape))


def test_numbers_to_integers_are_left_to_numpy():
    x, y = np.array([1.5, -2.5], np.float32), np.zeros(2, np.int64)
    assert not move(x, y)
    np.testing.assert_array_equal(y, [1, -2])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0.0, -1.1, 1e6, float("nan"), float("-inf")])
def test_fill(value, dtype):
    y = np.zeros((3, 40, 2), dtype)
    with np.errstate(over="ignore"):
        fill(y[..., 0], shape=None, dtype=None, order=None, value=value)
        expected = np.array(value).astype(dtype)
    np.testing.assert_array_equal(y[..., 0].astype(float), np.full((3, 40), expected, float))
    assert not y[..., 1].any()


def test_threads_give_the_same_bits():
    x = np.random.default_rng(0).standard_normal((3, 50, 40, 40)).astype(np.float32)
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            y = laid_out(np.zeros_like(x), (0, 2, 3, 1))
            move(x, y)
            np.testing.assert_array_equal(y, x)
        finally:
            set_thread_count(None)
