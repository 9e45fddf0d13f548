"""Padding against its definition: any number of axes, cutting, memory of any kind."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import pad
from dlcore.kernels.numpy import pad as plain
from tests.kernels.cpu.kernels import FLOATS, LAYOUTS, check, placed, unfilled


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(6))
def test_constant_padding_and_its_gradient(seed, layout):
    random = np.random.default_rng(seed)
    dtype, shape = FLOATS[seed % 3], tuple(random.integers(1, 9, 4).tolist())
    padding = tuple(
        (int(random.integers(-size // 2, 4)), int(random.integers(-size // 2, 4))) for size in shape
    )
    padded = tuple(n + sum(more) for n, more in zip(shape, padding, strict=True))
    attributes = {"padding": padding, "mode": "constant"}
    x = placed(random.standard_normal(shape).astype(dtype), layout)
    value = 0.1 if seed else -np.inf
    y = unfilled(padded, dtype, layout)
    tape = check(pad.pad, plain.pad, [x], [y], attributes | {"value": value})
    assert tape.complete
    dx = unfilled(shape, dtype, layout)
    gradient = pad.pad_gradient, plain.pad_gradient
    assert check(*gradient, [placed(y, layout)], [dx], attributes | {"shape": shape}).complete


@pytest.mark.parametrize("shape", [(), (5,), (0, 3)])
def test_few_axes_and_no_elements(shape):
    padding = ((1, 2),) * len(shape)
    padded = tuple(n + 3 for n in shape)
    x, y = np.ones(shape, np.float32), np.full(padded, 77, np.float32)
    attributes = {"padding": padding, "mode": "constant", "value": 3.0}
    check(pad.pad, plain.pad, [x], [y], attributes)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_other_modes_are_not_for_tapes(mode):
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    y = np.empty((5, 6), np.float32)
    attributes = {"padding": ((1, 1), (2, 0)), "mode": mode}
    assert not check(pad.pad, plain.pad, [x], [y], attributes | {"value": 0.0}).complete
    gradient = pad.pad_gradient, plain.pad_gradient
    assert not check(*gradient, [y], [x], attributes | {"shape": (3, 4)}, 1e-6).complete
