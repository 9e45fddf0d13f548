"""Batches: every sample once, an order that seed and epoch decide, values as they were."""

from time import sleep

import numpy as np
import pytest

from dlcore import random
from dlcore.data import DATASETS, ArrayDataset, DataLoader, load
from dlcore.data.dataset import class_names
from dlcore.data.normalize import Normalize
from dlcore.data.transforms import Compose, RandomCrop, RandomHorizontalFlip
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
    assert set(DATASETS) == {"digits", "mnist", "fashion-mnist", "cifar10", "cifar100"}
    train, test = load("digits", "train"), load("digits", "test")
    assert train.inputs.shape == (1437, 1, 28, 28)
    assert (train.inputs.min(), train.inputs.max()) == (0.0, 1.0)
    assert len(test) == 360
    with pytest.raises(OptionError, match="cifar10, cifar100, digits, fashion-mnist, mnist"):
        load("letters", "train")


# -- workers -------------------------------------------------------------------------------------


class Damaged(ArrayDataset):
    """Every third sample can't be read, and neither can the first six."""

    def read(self, numbers):
        return super().read(numbers[(numbers % 3 > 0) & (numbers >= 6)])


def augmented(workers, size=50, kind=ArrayDataset, **options):
    inputs = np.random.default_rng(0).integers(0, 256, (size, 3, 6, 6)).astype(np.uint8)
    data = kind(inputs, np.arange(size), class_names(size))
    transform = Compose([RandomHorizontalFlip(), RandomCrop(1)])
    options = {"transform": transform, "normalize": Normalize.fit(data), **options}
    return DataLoader(data, 7, shuffle=True, num_workers=workers, **options)


def contents(batches):
    return [(batch.inputs.numpy().tobytes(), batch.targets.tolist()) for batch in batches]


@pytest.mark.parametrize("kind", [ArrayDataset, Damaged])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_workers_change_nothing(workers, kind):
    random.manual_seed(0)
    alone, helped = augmented(0, kind=kind), augmented(workers, kind=kind)
    for _ in range(3):
        assert contents(alone) == contents(helped)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pass_goes_on_where_it_was_saved(workers):
    random.manual_seed(0)
    loader = augmented(0)
    whole = contents(loader) + contents(loader)
    stopped = augmented(workers)
    taken = contents(stopped)
    running = iter(stopped)
    taken += contents(next(running) for _ in range(3))
    state = stopped.state_dict()
    assert state == {"epoch": 1, "batch": 3}
    running.close()
    resumed = augmented(workers)
    resumed.load_state_dict(state)
    taken += contents(resumed)
    assert taken == whole
    assert resumed.state_dict() == {"epoch": 2, "batch": 0}


def test_a_pass_that_is_left_early_is_over():
    loader = DataLoader(dataset(20), 5, shuffle=True)
    next(iter(loader))
    assert len(list(loader)) == 4
    assert loader.epoch == 2


def test_unreadable_samples_are_left_out():
    inputs = np.arange(10, dtype=np.float32)[:, None]
    batches = list(DataLoader(Damaged(inputs, np.arange(10)), 3))
    assert [batch.targets.tolist() for batch in batches] == [[7, 8]]


def test_an_error_in_a_worker_comes_out():
    class Broken(ArrayDataset):
        def read(self, numbers):
            raise DataError("file", expected="x", received="y", remedy="z")

    loader = DataLoader(Broken(np.zeros((9, 1)), np.zeros(9)), 2, num_workers=2)
    with pytest.raises(DataError, match="file"):
        list(loader)


def test_prefetching_is_bounded():
    made = []

    class Counted(ArrayDataset):
        def read(self, numbers):
            made.append(len(numbers))
            return super().read(numbers)

    loader = DataLoader(Counted(np.zeros((100, 1)), np.zeros(100)), 1, num_workers=2)
    running = iter(loader)
    next(running)
    sleep(0.05)
    assert len(made) <= 4
    running.close()


@pytest.mark.parametrize("options", [{"num_workers": -1}, {"prefetch_factor": 0}])
def test_workers_that_make_no_sense(options):
    with pytest.raises(OptionError, match="num_workers"):
        DataLoader(dataset(), 1, **options)
