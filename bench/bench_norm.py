"""Normalisation in training."""

import pytest

SHAPES = {"ResNet-20": (128, 16, 32, 32), "ResNet-18": (64, 128, 16, 16), "late": (64, 512, 4, 4)}


@pytest.mark.parametrize("case", SHAPES)
def test_batch_norm(benchmark, rival, case):
    x = rival.normal(*SHAPES[case], grad=True)
    weight, bias = (rival.normal(x.shape[1], grad=True) for _ in range(2))
    mean, var = rival.normal(x.shape[1]), rival.normal(x.shape[1]) ** 2

    def function():
        return rival.functional.batch_norm(x, mean, var, weight, bias, training=True)

    benchmark(rival.with_gradients(function, x, weight, bias))


@pytest.mark.parametrize("case", [(128, 1024)], ids=str)
def test_layer_norm(benchmark, rival, case):
    x = rival.normal(*case, grad=True)
    weight, bias = (rival.normal(case[1], grad=True) for _ in range(2))

    def function():
        return rival.functional.layer_norm(x, case[1:], weight, bias)

    benchmark(rival.with_gradients(function, x, weight, bias))
