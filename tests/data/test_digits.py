import hashlib

import numpy as np
import pytest

from dlcore.data.digits import load_digits
from dlcore.errors import OptionError


@pytest.mark.parametrize(("split", "count"), [("train", 1437), ("test", 360)])
def test_shapes_and_ranges(split, count):
    images, labels = load_digits(split)
    assert (images.dtype, images.shape) == (np.uint8, (count, 1, 8, 8))
    assert (labels.dtype, labels.shape) == (np.int64, (count,))
    assert (images.min(), images.max()) == (0, 16)
    shares = np.bincount(labels) / count
    assert len(shares) == 10
    assert (abs(shares - 0.1) < 0.005).all()


@pytest.mark.parametrize(
    ("split", "digest"),
    [
        ("train", "662e33a2e9c99c1f3b8a3a3bc7a2d0d9b6376a062a3fa985f15537de81043692"),
        ("test", "973417cfcf53301f21b78f9c5a5539e88014944f3fe3051e93e9892e0008999a"),
    ],
)
def test_values_and_split_never_change(split, digest):
    """Accuracies in the documentation rest on these very images."""
    images, labels = load_digits(split)
    assert hashlib.sha256(images.tobytes() + labels.astype("<i8").tobytes()).hexdigest() == digest


def test_parts_share_no_image():
    train, test = (
        {image.tobytes() for image in load_digits(part)[0]} for part in ("train", "test")
    )
    assert not train & test


def test_calls_do_not_share_memory():
    images, labels = load_digits("test")
    images[:], labels[:] = 0, 0
    assert load_digits("test")[0].any()
    assert load_digits("test")[1].any()


def test_unknown_split():
    with pytest.raises(OptionError, match="split to be one of test, train, received 'all'"):
        load_digits("all")
