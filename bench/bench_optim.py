"""Updates of parameters: those of ResNet-20, many and small, and a few large ones."""

import pytest

SIZES = {"many small": [2_304] * 60, "few large": [2_359_296] * 4}
RULES = {"SGD": {"lr": 0.1, "momentum": 0.9}, "Adam": {"lr": 1e-3}, "AdamW": {"lr": 1e-3}}


@pytest.mark.parametrize("case", [f"{rule}, {size}" for rule in RULES for size in SIZES])
def test_step(benchmark, rival, case):
    rule, size = case.split(", ")
    parameters = [rival.normal(count, grad=True) for count in SIZES[size]]
    for parameter in parameters:
        parameter.grad = rival.normal(*parameter.shape)
    benchmark(getattr(rival.optim, rule)(parameters, **RULES[rule]).step)
