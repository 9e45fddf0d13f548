"""Numbers as arrays store them: read, written and rounded, vectors and single ones."""

import functools

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import storage
from tests.kernels.cpu.kernels import FLOATS, bits
from tests.kernels.cpu.vectors import LANES, numbers, ready, target


@functools.cache
def copied(lanes, dtype):
    size = storage.SIZES[dtype]

    def code(v, x, y, one, rounded, count):
        def step(i, mask):
            value = storage.read(v, x + i * size, dtype, mask)
            storage.write(v, value, y + i * size, dtype, mask)
            third = value / 3.0
            v.store(storage.rounded(v, third, dtype), rounded + i * 4, mask)

        v.each(count, step)
        v.store(storage.read_one(v, x + size, dtype), one)

    return ready(code, target(lanes))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("lanes", LANES)
def test_read_and_write(lanes, dtype):
    count = 3 * lanes + 1
    with np.errstate(over="ignore"):
        x = numbers(count).astype(dtype)
    x[1] = 2.5
    y, one, rounded = np.zeros_like(x), np.empty(lanes, np.float32), np.empty(count, np.float32)
    copied(lanes, dtype.name)(x, y, one, rounded, count)
    known = ~np.isnan(x.astype(np.float32))
    np.testing.assert_array_equal(bits(y)[known], bits(x)[known])
    np.testing.assert_array_equal(np.isnan(y.astype(np.float32)), ~known)
    np.testing.assert_array_equal(one, 2.5)
    third = (x.astype(np.float32) / np.float32(3)).astype(dtype).astype(np.float32)
    np.testing.assert_array_equal(rounded, third)
