"""Sums and means over axes."""

import pytest

AXES = {"all": (0, 1, 2, 3), "channels kept": (0, 2, 3), "pixels": (2, 3)}


@pytest.mark.parametrize("case", AXES)
def test_sum(benchmark, rival, case):
    x = rival.normal(128, 16, 32, 32)
    benchmark(rival.forward(lambda: x.sum(AXES[case])))
