"""Training images beside the transforms of the data code."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.data.normalize import Normalize
from dlcore.kernels.cpu.image import normalise
from tests.kernels.cpu.kernels import LAYOUTS, placed

MEAN, STD = (0.3, 0.5, 0.4), (0.2, 0.1, 0.3)


def expected(images, top, left, mirrored):
    """Cut out of an image with zeros around it, mirrored, then normalised."""
    more = 4
    around = np.pad(images, ((0, 0), (0, 0), (more, more), (more, more)))
    height, width = images.shape[2:]
    cut = np.stack(
        [
            image[:, more + y : more + y + height, more + x : more + x + width]
            for image, y, x in zip(around, top, left, strict=True)
        ]
    )
    cut[mirrored] = cut[mirrored, :, :, ::-1].copy()
    return Normalize(MEAN, STD)(cut)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_normalise(dtype, layout):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (70, 3, 17, 21)).astype(dtype)
    top, left = random.integers(-4, 5, (2, 70))
    mirrored = random.random(70) < 0.5
    unit = 1 / 255 if dtype == np.uint8 else 1
    numbers = {"scale": unit / np.array(STD), "shift": np.array(MEAN) / np.array(STD)}
    y = placed(np.zeros(images.shape, np.float32), layout)
    normalise(placed(images, layout), y, **numbers, top=top, left=left, mirrored=mirrored)
    np.testing.assert_allclose(y, expected(images, top, left, mirrored), rtol=1e-6, atol=1e-5)
    normalise(placed(images, layout), y, **numbers)
    np.testing.assert_allclose(y, Normalize(MEAN, STD)(images), rtol=1e-6, atol=1e-5)


def test_no_images():
    y = np.empty((0, 3, 4, 4), np.float32)
    normalise(y.astype(np.uint8), y, scale=np.ones(3), shift=np.zeros(3))
