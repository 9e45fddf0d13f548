"""Transforms: what they do, and that a sample's randomness is its own."""

import numpy as np
import pytest

from dlcore import random
from dlcore.data.transforms import (
    Compose,
    Draws,
    RandomCrop,
    RandomHorizontalFlip,
    augmentation,
)
from dlcore.errors import OptionError


def images(count=64, size=8, channels=3):
    generator = np.random.default_rng(0)
    return generator.integers(1, 256, (count, channels, size, size)).astype(np.uint8)


def both():
    return Compose([RandomHorizontalFlip(), RandomCrop(2)])


@pytest.fixture(autouse=True)
def seed():
    random.manual_seed(0)


def test_randomness_belongs_to_the_sample_and_the_epoch():
    whole = images()
    all_at_once = both()(whole, Draws(np.arange(64), 3))
    order = np.random.default_rng(1).permutation(64)
    pieces = [both()(whole[part], Draws(part, 3)) for part in np.split(order, 4)]
    np.testing.assert_array_equal(np.concatenate(pieces), all_at_once[order])
    assert not np.array_equal(both()(whole, Draws(np.arange(64), 4)), all_at_once)
    random.manual_seed(1)
    assert not np.array_equal(both()(whole, Draws(np.arange(64), 3)), all_at_once)


def test_flip_mirrors_its_share():
    whole = images(400)
    flipped = RandomHorizontalFlip(0.25)(whole, Draws(np.arange(400), 0))
    mirrored = (flipped == whole[:, :, :, ::-1]).all((1, 2, 3))
    same = (flipped == whole).all((1, 2, 3))
    assert (mirrored ^ same).all()
    assert mirrored.sum() == pytest.approx(100, abs=4 * np.sqrt(400 * 0.25 * 0.75))
    np.testing.assert_array_equal(RandomHorizontalFlip(0)(whole, Draws(np.arange(400), 0)), whole)


def test_crop_moves_by_every_offset():
    whole = images(500, size=5, channels=1)
    padded = np.pad(whole, ((0, 0), (0, 0), (1, 1), (1, 1)))
    cut = RandomCrop(1)(whole, Draws(np.arange(500), 0))
    seen = set()
    for number in range(500):
        places = [
            (top, left)
            for top in range(3)
            for left in range(3)
            if np.array_equal(cut[number], padded[number, :, top : top + 5, left : left + 5])
        ]
        assert places
        seen.update(places)
    assert len(seen) == 9


def test_given_images_stay_as_they_are():
    whole = images()
    before = whole.copy()
    both()(whole, Draws(np.arange(64), 0))
    np.testing.assert_array_equal(whole, before)


def test_draws_are_fresh_at_each_call():
    draws = Draws(np.arange(5), 0)
    assert not np.array_equal(draws.uniform(3), draws.uniform(3))
    assert set(draws.integers(3, 50).ravel()) == {0, 1, 2}


def test_by_name():
    assert augmentation((), (3, 32, 32)) is None
    made = augmentation(("flip", "crop"), (3, 32, 32))
    assert [type(part).__name__ for part in made.transforms] == [
        "RandomHorizontalFlip",
        "RandomCrop",
    ]
    assert made.transforms[1].padding == 4
    for shape in ((3, 16, 64), (3, 64, 16)):
        assert augmentation(("crop",), shape).transforms[0].padding == 2
    with pytest.raises(OptionError, match="crop, flip"):
        augmentation(("turn",), (3, 32, 32))
    with pytest.raises(OptionError, match=r"\(4,\)"):
        augmentation(("flip",), (4,))


@pytest.mark.parametrize("make", [lambda: RandomHorizontalFlip(1.5), lambda: RandomCrop(-1)])
def test_options_that_make_no_sense(make):
    with pytest.raises(OptionError):
        make()
