"""Batches: every sample once, an order that seed and epoch decide, values as they were."""

import numpy as np
import pytest

from dlcore import random
from dlcore.data import DATASETS, ArrayDataset, DataLoader, load
from dlcore.data.dataset import class_names
from dlcore.errors import DataError, OptionError


def dataset(size=10, dtype=np.float32):
    return ArrayDataset(np.arange(size, dtype=dtype)[:, None], np.arange(size), class_names(size))


def orders(loader, epochs=1):
    return [np.concatenate([batch.targets.numpy() for batch in loader]) for _ in range(epochs)]


def test_every_sample_once_with_its_target():
    loader = DataLoader(dataset(), 4, shuffle=True)
    batches = list(loader)
    assert [len(batch.targets) for batch in batches] == [4, 4, 2]
    assert len(loader) == 3
    for inputs, targets in batches:
        np.testing.assert_array_equal(inputs.numpy()[:, 0], targets.numpy())
    assert sorted(orders(loader)[0]) == list(range(10))


def test_last_batch_can_be_dropped():
    loader = DataLoader(dataset(), 4, drop_last=True)
    assert [len(batch.targets) for batch in loader] == [4, 4]
    assert len(loader) == 2


def test_without_shuffling_the_order_stays():
    (order,) = orders(DataLoader(dataset(), 3))
    np.testing.assert_array_equal(order, np.arange(10))


def test_seed_and_epoch_decide_the_order():
    random.manual_seed(0)
    first, second = orders(DataLoader(dataset(100), 7, shuffle=True), 2)
    assert not np.array_equal(first, second)
    loader = DataLoader(dataset(100), 9, shuffle=True)
    loader.epoch = 1
    np.testing.assert_array_equal(orders(loader)[0], second)
    random.manual_seed(1)
    assert not np.array_equal(orders(DataLoader(dataset(100), 7, shuffle=True))[0], first)


def test_bytes_become_fractions():
    (batch,) = DataLoader(ArrayDataset(np.array([[0], [255]], np.uint8), np.arange(2)), 2)
    np.testing.assert_array_equal(batch.inputs.numpy(), [[0.0], [1.0]])
    assert batch.inputs.dtype == np.float32


@pytest.mark.parametrize("size", [0, -1])
def test_batch_sizes_that_make_no_sense(size):
    with pytest.raises(OptionError, match="at least 1"):
        DataLoader(dataset(), size)


def test_nothing_to_load():
    with pytest.raises(OptionError, match="0 samples"):
        DataLoader(dataset(0), 1)


def test_lengths_and_labels_are_checked():
    with pytest.raises(DataError, match=r"3 samples.*2 targets"):
        ArrayDataset(np.zeros((3, 1)), np.zeros(2))
    with pytest.raises(DataError, match="label 7 at sample 1"):
        ArrayDataset(np.zeros((2, 1)), np.array([0, 7]), class_names(5))


def test_named_data_sets():
    assert set(DATASETS) == {"digits", "mnist"}
    train, test = load("digits", "train"), load("digits", "test")
    assert train.inputs.shape == (1437, 1, 28, 28)
    assert (train.inputs.min(), train.inputs.max()) == (0.0, 1.0)
    assert len(test) == 360
    with pytest.raises(OptionError, match="digits, mnist"):
        load("letters", "train")
