"""Resizing and its gradient against their definition."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import resize
from dlcore.kernels.numpy import resize as plain
from tests.kernels.cpu.kernels import EPS, FLOATS, LAYOUTS, check, placed, unfilled

MODES = [("nearest", False), ("nearest-exact", False), ("linear", False), ("linear", True)]


@pytest.mark.parametrize(("mode", "align_corners"), MODES)
@pytest.mark.parametrize("seed", range(6))
def test_resize_and_its_gradient(seed, mode, align_corners):
    random = np.random.default_rng(seed)
    dtype = FLOATS[seed % 3]
    shape = tuple(int(random.integers(1, most)) for most in (4, 40, 12, 12))
    size = tuple(random.integers(1, 24, 2).tolist())
    scale = (None, 1.7) if seed == 2 else (None, None)
    attributes = {"mode": mode, "align_corners": align_corners, "scale": scale}
    x = random.standard_normal(shape).astype(dtype)
    x[random.random(shape) < 0.05] = random.choice([np.nan, np.inf])
    layout = LAYOUTS[seed % len(LAYOUTS)]
    y = unfilled((*shape[:2], *size), dtype, layout)
    tolerance = 4 * EPS[dtype]
    check(
        resize.resize,
        plain.resize,
        [placed(x, layout)],
        [y],
        attributes | {"size": size},
        tolerance,
    )
    dy = placed(random.standard_normal(y.shape).astype(dtype), layout)
    dx = unfilled(shape, dtype, layout)
    gradients = resize.resize_gradient, plain.resize_gradient
    check(*gradients, [dy], [dx], attributes | {"shape": shape}, 2 * tolerance)


def test_many_pieces():
    x = placed(np.random.default_rng(0).standard_normal((5, 40, 30, 41)).astype(np.float32))
    y = unfilled((5, 40, 60, 82), np.float32)
    attributes = {"size": (60, 82), "mode": "linear", "align_corners": False}
    tape = check(resize.resize, plain.resize, [x], [y], attributes | {"scale": (None, None)}, 1e-6)
    assert tape.launches[0].words[2] > 1
