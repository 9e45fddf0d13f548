"""Values beyond the range of ordinary ones."""

import math

import numpy as np
import pytest

import dlcore as dl

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_numbers_in_place_of_nan_and_infinities(dtype):
    x = dl.tensor([1.5, NAN, INF, -INF], dtype=dtype)
    limits = dl.finfo(x.dtype)
    assert dl.nan_to_num(x).tolist() == [1.5, 0, limits.max, limits.min]
    assert dl.nan_to_num(x, 1.0, 2.0, -3.0).tolist() == [1.5, 1, 2, -3]
    x.requires_grad_()
    dl.nan_to_num(x).backward(dl.ones_like(x))
    assert x.grad.tolist() == [1, 0, 0, 0]


def test_logaddexp_does_not_overflow():
    a = dl.tensor([1e4, -1e4, INF, -INF, 1.0], dtype=dl.float64)
    b = dl.tensor([1e4, -1e4, INF, -INF, -INF], dtype=dl.float64)
    expected = [1e4 + math.log(2), -1e4 + math.log(2), INF, -INF, 1.0]
    np.testing.assert_allclose(dl.logaddexp(a, b).numpy(), expected, rtol=1e-15)


def test_angles_in_all_quarters():
    angles = np.linspace(-3.1, 3.1, 13)
    y, x = dl.tensor(np.sin(angles)), dl.tensor(np.cos(angles))
    np.testing.assert_allclose(dl.atan2(y, x).numpy(), angles, rtol=1e-14, atol=1e-15)


def test_rounding_to_decimals():
    x = dl.tensor([1.25, -17.5])
    assert x.round(decimals=1).tolist() == dl.tensor([1.2, -17.5]).tolist()
    assert x.round(decimals=-1).tolist() == [0, -20]
    assert dl.tensor([17]).round(decimals=1).tolist() == [17]
