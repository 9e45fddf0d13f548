"""Functions of single numbers, small and large."""

import pytest

CASES = {
    "relu": lambda f, x, y: f.relu(x),
    "gelu": lambda f, x, y: f.gelu(x),
    "sigmoid": lambda f, x, y: f.sigmoid(x),
    "add": lambda f, x, y: x + y,
    "multiply": lambda f, x, y: x * y,
}
SHAPES = {"small": (16, 16, 8, 8), "large": (128, 16, 32, 32)}


@pytest.mark.parametrize("case", [f"{name} {size}" for name in CASES for size in SHAPES])
def test_with_gradients(benchmark, rival, case):
    name, size = case.split()
    x, y = (rival.normal(*SHAPES[size], grad=True) for _ in range(2))
    leaves = (x, y) if name in ("add", "multiply") else (x,)
    benchmark(rival.with_gradients(lambda: CASES[name](rival.functional, x, y), *leaves))
