"""What conformance cases are too small to show: a batch is cut into chunks."""

import numpy as np
import pytest

from dlcore.kernels.numpy import conv


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("elements", [1, 1500])
def test_chunks_add_up(monkeypatch, groups, elements):
    """One image at a time, and two of five, give what all at once give."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((5, 4, 6, 7))
    weight = generator.standard_normal((6, 4 // groups, 3, 2))
    dy = generator.standard_normal((5, 6, 4, 6))
    steps = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": groups}

    def run():
        y, dx, dw = np.empty(dy.shape), np.empty(x.shape), np.empty(weight.shape)
        conv.conv2d(x, weight, np.ones(6), y, **steps)
        conv.conv2d_input_gradient(dy, weight, dx, size=(6, 7), **steps)
        conv.conv2d_weight_gradient(x, dy, dw, kernel=(3, 2), **steps)
        return y, dx, dw

    whole = run()
    monkeypatch.setattr(conv, "_CHUNK", elements)
    for part, expected in zip(run(), whole, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-12)
