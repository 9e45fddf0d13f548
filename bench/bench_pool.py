"""Pooling."""

import pytest

CASES = {
    "max 2x2": lambda f, x: f.max_pool2d(x, 2),
    "max 3x3 /2": lambda f, x: f.max_pool2d(x, 3, 2, 1),
    "average 2x2": lambda f, x: f.avg_pool2d(x, 2),
    "global average": lambda f, x: f.adaptive_avg_pool2d(x, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_with_gradients(benchmark, rival, case):
    x = rival.normal(64, 64, 32, 32, grad=True)
    benchmark(rival.with_gradients(lambda: CASES[case](rival.functional, x), x))
