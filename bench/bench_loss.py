"""Softmax and losses."""

import pytest

SHAPES = {"10 classes": (128, 10), "1000 classes": (128, 1000)}


@pytest.mark.parametrize("case", SHAPES)
def test_cross_entropy(benchmark, rival, case):
    x = rival.normal(*SHAPES[case], grad=True)
    y = rival.integers(x.shape[1], x.shape[0])
    benchmark(rival.with_gradients(lambda: rival.functional.cross_entropy(x, y), x))


@pytest.mark.parametrize("case", SHAPES)
def test_softmax(benchmark, rival, case):
    x = rival.normal(*SHAPES[case], grad=True)
    benchmark(rival.with_gradients(lambda: rival.functional.softmax(x, 1), x))
