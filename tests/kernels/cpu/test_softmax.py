"""Softmax against the NumPy kernels, along any axis."""

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import softmax
from dlcore.kernels.cpu.launch import Script, taping
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.kernels.numpy import softmax as by_numpy

SLOW = pytest.mark.slow  # as bfloat16, with other conversions
DTYPES = (np.float32, ml_dtypes.bfloat16, pytest.param(np.float16, marks=SLOW))
NAMES = ("softmax", "softmax_gradient", "log_softmax", "log_softmax_gradient")


def inputs(name, shape, dtype, far=0.0):
    generator = np.random.default_rng(5)
    x = (generator.standard_normal(shape) * 3 + far).astype(dtype)
    return [x, (generator.random(shape) - 0.5).astype(dtype)] if "gradient" in name else [x]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("shape", "axis"), [((7, 10), 1), ((3, 37, 2), 1), ((45,), 0), ((), 0)])
def test_values(name, shape, axis, dtype):
    arrays = inputs(name, shape, dtype, far=50.0)
    expected, y = np.empty(shape, dtype), np.full(shape, 99, dtype)
    getattr(by_numpy, name)(*arrays, expected, axis=axis)
    with taping() as tape:
        getattr(softmax, name)(*arrays, y, axis=axis)
    assert tape.complete
    y[...] = 99
    Script(tape.launches).run()
    digits = max(3e-6, float(ml_dtypes.finfo(dtype).eps))
    np.testing.assert_allclose(y.astype(np.float64), expected.astype(np.float64), digits, 1e-5)


@pytest.mark.parametrize("name", NAMES[::2])
@pytest.mark.parametrize("numbers", [[np.nan], [np.inf], [-np.inf], [-np.inf] * 40])
def test_nonfinite(name, numbers):
    (x,) = inputs(name, (2, 40), np.float32)
    x[1, : len(numbers)] = numbers
    expected, y = np.empty_like(x), np.empty_like(x)
    with np.errstate(all="ignore"):
        getattr(by_numpy, name)(x, expected, axis=1)
    getattr(softmax, name)(x, y, axis=1)
    np.testing.assert_allclose(y, expected, 3e-6, 1e-6)


def test_threads_give_the_same_bits():
    (x,), results = inputs("softmax", (900, 100), np.float32), []
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            results.append(np.empty_like(x))
            softmax.softmax(x, results[-1], axis=1)
        finally:
            set_thread_count(None)
    np.testing.assert_array_equal(*results)
