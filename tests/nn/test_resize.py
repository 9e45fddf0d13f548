"""Layers that resize."""

import numpy as np

import dlcore as dl
from dlcore import nn

X = dl.tensor([[[[0.0, 3.0], [6.0, 9.0]]]])


def test_bilinear_keeps_the_corners():
    y = nn.UpsamplingBilinear2d(scale_factor=2)(X).numpy()[0, 0]
    rows, columns = np.mgrid[0:4, 0:4] / 3
    np.testing.assert_allclose(y, 6 * rows + 3 * columns, rtol=1e-6)


def test_nearest_repeats_pixels():
    y = nn.UpsamplingNearest2d(size=4)(X).numpy()[0, 0]
    assert y.tolist() == np.repeat(np.repeat([[0, 3], [6, 9]], 2, 0), 2, 1).tolist()
