"""Reductions against float64, over any axes of any memory."""

import itertools

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import finite, reduce
from dlcore.kernels.cpu.launch import Script, taping
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.kernels.numpy import finite as finite_by_numpy

SLOW = pytest.mark.slow  # as bfloat16, with other conversions
DTYPES = (np.float32, ml_dtypes.bfloat16, pytest.param(np.float16, marks=SLOW))
RULES = {"sum": np.sum, "mean": np.mean, "amax": np.max, "amin": np.min}


def numbers(shape, dtype=np.float32, order=None):
    x = np.random.default_rng(8).standard_normal(shape).astype(dtype)
    return x if order is None else x.transpose(order).copy().transpose(np.argsort(order))


def check(x, rule, axes, keepdims=False):
    expected = RULES[rule](x.astype(np.float64), axis=axes, keepdims=keepdims)
    y = np.full(expected.shape, 99, x.dtype)
    with taping() as tape:
        reduce.reduce(x, y, rule=rule, axes=axes, keepdims=keepdims)
    assert tape.complete
    y[...] = 99
    Script(tape.launches).run()
    digits = max(3e-6, float(ml_dtypes.finfo(x.dtype).eps))
    with np.errstate(all="ignore"):
        largest = np.abs(x.astype(np.float64)).sum(axes).max()
    rounding = 1e-6 + 1e-7 * largest if np.isfinite(largest) else 1e-5
    np.testing.assert_allclose(y.astype(np.float64), expected, digits, rounding)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 0, 2)])
def test_every_choice_of_axes_in_every_memory_order(order):
    x = numbers((3, 4, 5, 19), order=order)
    for count in range(5):
        for axes in itertools.combinations(range(4), count):
            check(x, "sum", axes)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", RULES)
def test_rules(rule, dtype):
    x = numbers((3, 37, 41), dtype)
    for axes in ((0,), (2,), (0, 2), (-1,), (0, 1, 2)):
        check(x, rule, axes, keepdims=len(axes) == 2)


LARGE = [
    ((2, 300, 400), (0, 1)),
    ((3, 100_000), (1,)),
    ((9000, 5), (0,)),
    ((3, 9000), (0,)),
    ((200_000,), (0,)),
    ((2, 70, 5000), (1,)),
    ((2, 3, 40_000), (0, 2)),
]


@pytest.mark.parametrize(("shape", "axes"), LARGE)
def test_large(shape, axes):
    check(numbers(shape), "sum", axes)


@pytest.mark.parametrize("place", [0, 700, -1])
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rule", RULES)
def test_nonfinite(rule, poison, place):
    x = numbers((40, 37))
    x.reshape(-1)[place] = poison
    for axes in ((0,), (1,), (0, 1)):
        check(x, rule, axes)


def test_strides():
    x = numbers((4, 6, 40))
    for view in (x[:, ::2], x[..., ::-1], x[..., 1::3], np.broadcast_to(x[:, :1], x.shape)):
        for axes in ((0,), (1,), (2,), (0, 2)):
            check(view, "sum", axes)
    y = np.zeros((6, 2), np.float32)
    reduce.reduce(x, y[:, 1], rule="sum", axes=(0, 2), keepdims=False)
    np.testing.assert_allclose(y[:, 1], x.sum((0, 2)), 1e-5, 1e-5)
    assert not y[:, 0].any()


@pytest.mark.parametrize("order", [1, 2, np.inf])
def test_vector_norm(order):
    x = numbers((7, 300))
    for axes in ((1,), (0, 1)):
        expected = np.linalg.norm(
            x if axes == (1,) else x.reshape(-1), order, axis=1 if axes == (1,) else None
        )
        y = np.empty(np.shape(expected), np.float32)
        reduce.vector_norm(x, y, order=order, axes=axes, keepdims=False)
        np.testing.assert_allclose(y, expected, 1e-6)


def test_threads_give_the_same_bits():
    x, results = numbers((16, 50, 50, 24), order=(0, 2, 3, 1)), []
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            results.append((np.empty(50, np.float32), np.empty((), np.float32)))
            reduce.reduce(x, results[-1][0], rule="sum", axes=(0, 2, 3), keepdims=False)
            reduce.reduce(x, results[-1][1], rule="sum", axes=(0, 1, 2, 3), keepdims=False)
        finally:
            set_thread_count(None)
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("poison", [None, np.nan, np.inf, -np.inf])
def test_all_finite(dtype, poison):
    for place in (0, 99_999):
        x, flag = numbers(100_000, dtype), np.array(poison is not None)
        if poison is not None:
            x[place] = poison
        finite.all_finite(x, flag)
        assert flag == (poison is None)
    finite.all_finite(x[:0], flag)
    assert flag


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("streak", [0, 2])
@pytest.mark.parametrize("scale", [1024.0, 3e38])
def test_update_scale(good, streak, scale):
    arrays = np.array(scale, np.float32), np.array(streak, np.int32), np.array(good)
    options = {"growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 3}
    results = []
    for module in (finite, finite_by_numpy):
        results.append((np.zeros((), np.float32), np.zeros((), np.int32)))
        with np.errstate(all="ignore"):
            module.update_scale(*arrays, *results[-1], **options)
    assert results[0] == results[1]
