"""Matrix products: squares, linear layers, batches."""

import pytest

SHAPES = {
    "square of 256": ((256, 256), (256, 256)),
    "square of 1024": ((1024, 1024), (1024, 1024)),
    "linear": ((128, 1024), (1024, 1024)),
    "batched": ((32, 64, 64), (32, 64, 64)),
}


@pytest.mark.parametrize("case", SHAPES)
def test_forward(benchmark, rival, case):
    a, b = (rival.normal(*shape) for shape in SHAPES[case])
    benchmark(rival.forward(lambda: a @ b))


@pytest.mark.parametrize("case", SHAPES)
def test_with_gradients(benchmark, rival, case):
    a, b = (rival.normal(*shape, grad=True) for shape in SHAPES[case])
    benchmark(rival.with_gradients(lambda: a @ b, a, b))
