"""Joined arrays, part by part."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import join
from dlcore.kernels.numpy import join as plain
from tests.kernels.cpu.kernels import FLOATS, LAYOUTS, check, placed, unfilled


@pytest.mark.parametrize("axis", [0, 1, 3, -2])
@pytest.mark.parametrize("seed", range(4))
def test_parts_follow_each_other(seed, axis):
    random = np.random.default_rng(seed)
    dtype, shape = FLOATS[seed % 3], random.integers(1, 20, 4)
    parts = []
    for length in (3, 1, 0, 40)[: seed + 1]:
        shape[axis] = length
        values = random.standard_normal(shape).astype(dtype)
        parts.append(placed(values, str(random.choice(LAYOUTS))))
    shape[axis] = sum(part.shape[axis] for part in parts)
    y = unfilled(shape, dtype, str(random.choice(LAYOUTS)))
    assert check(join.concatenate, plain.concatenate, parts, [y], {"axis": axis}).complete
