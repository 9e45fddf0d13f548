"""Normalisation layers: what they keep, and when they take it back."""

import numpy as np
import pytest

from dlcore import transaction
from dlcore.backend.record import recording
from dlcore.errors import ShapeError, StaleError
from dlcore.nn.norm import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    LayerNorm,
)
from dlcore.tensors import tensor


@pytest.fixture(autouse=True)
def _no_open_step():
    transaction.commit()
    yield
    transaction.commit()


def images(seed=0, shape=(4, 3, 2, 2), dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def expected_statistics(batches, momentum):
    """Running mean and unbiased variance from the definition."""
    mean, variance = np.zeros(3), np.ones(3)
    for number, batch in enumerate(batches, 1):
        rate = 1 / number if momentum is None else momentum
        mean += rate * (batch.mean((0, 2, 3), dtype=np.float64) - mean)
        variance += rate * (batch.var((0, 2, 3), ddof=1, dtype=np.float64) - variance)
    return mean, variance


def assert_statistics(layer, batches):
    mean, variance = expected_statistics(batches, layer.momentum)
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.running_var.numpy(), variance, rtol=1e-5)
    assert layer.num_batches_tracked.item() == len(batches)


@pytest.mark.parametrize("momentum", [0.1, 0.5, None])
def test_running_statistics(momentum):
    layer = BatchNorm2d(3, momentum=momentum)
    batches = [images(seed) for seed in range(3)]
    for batch in batches:
        layer(tensor(batch))
    assert_statistics(layer, batches)
    layer.eval()
    mean, variance = expected_statistics(batches, momentum)
    y = layer(tensor(batches[0])).detach().numpy()
    expected = (batches[0] - mean[:, None, None]) / np.sqrt(variance + 1e-5)[:, None, None]
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    assert layer.num_batches_tracked.item() == 3  # evaluation moves nothing
    layer.reset_running_stats()
    assert layer.running_var.numpy().tolist() == [1, 1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_statistics_of_16_bit_batches_stay_fp32():
    layer = BatchNorm2d(3)
    batch = images(dtype=np.float16)
    y = layer(tensor(batch))
    assert y.dtype == np.float16
    assert layer.running_mean.dtype == np.float32
    assert_statistics(layer, [batch])


@pytest.mark.parametrize("momentum", [0.1, None])
def test_replay_moves_statistics(momentum):
    layer, x = BatchNorm2d(3, momentum=momentum), tensor(images(0))
    with recording() as program:
        layer(x)
        transaction.commit()
    program.arrange()
    before = layer.running_mean.version.count
    np.copyto(x.array, images(1))
    program.replay()
    assert_statistics(layer, [images(0), images(1)])
    assert layer.running_mean.version.count > before


@pytest.mark.parametrize("finite", [True, False])
def test_skipped_step_takes_statistics_back(finite):
    layer = BatchNorm2d(3)
    layer(tensor(images(0)))
    transaction.commit()
    layer(tensor(images(1)))
    layer(tensor(images(2)))  # a step may call the layer twice
    flag = tensor(np.array(finite))
    transaction.commit(flag.array)
    assert_statistics(layer, [images(0), images(1), images(2)] if finite else [images(0)])


def test_moved_statistics_are_noticed():
    """An evaluation's backward pass reads the statistics that a training call has overwritten."""
    layer = BatchNorm2d(3).eval()
    y = layer(tensor(images(), requires_grad=True))
    layer.train()(tensor(images()))
    with pytest.raises(StaleError, match="overwritten"):
        y.sum().backward()


def test_without_tracking_the_batch_counts_in_evaluation():
    layer = BatchNorm2d(3, affine=False, track_running_stats=False).eval()
    y = layer(tensor(images()))
    np.testing.assert_allclose(y.numpy().mean((0, 2, 3)), 0, atol=1e-6)
    assert not list(layer.state_dict())


def test_state_has_pytorch_names():
    names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert list(BatchNorm1d(3).state_dict()) == names
    assert list(LayerNorm(3, bias=False).state_dict()) == ["weight"]
    assert not list(InstanceNorm2d(3).state_dict())


def test_instance_statistics_average_the_samples():
    layer, x = InstanceNorm2d(3, track_running_stats=True), images()
    layer(tensor(x))
    expected = 0.9 + 0.1 * x.var((2, 3), ddof=1).mean(0)
    np.testing.assert_allclose(layer.running_var.numpy(), expected, rtol=1e-5)
    assert layer(tensor(x[0])).shape == x[0].shape


def test_signals_are_normalised_with_and_without_a_batch():
    layer, x = InstanceNorm1d(3, eps=0.0), images(shape=(4, 3, 5))
    y = layer(tensor(x)).numpy()
    expected = (x - x.mean(2, keepdims=True)) / x.std(2, keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(layer(tensor(x[0])).numpy(), y[0])


@pytest.mark.parametrize(
    ("call", "expected", "received"),
    [
        (lambda: BatchNorm2d(3)(tensor(np.zeros((2, 3, 4)))), "axes N C H W", "(2, 3, 4)"),
        (lambda: BatchNorm1d(3)(tensor(images())), "axes N C or N C L", "(4, 3, 2, 2)"),
        (lambda: BatchNorm2d(4)(tensor(images())), "shape (3,)", "shape (4,)"),
        (lambda: BatchNorm1d(3)(tensor(images(shape=(1, 3)))), "more than 1 value", "(1, 3)"),
        (lambda: GroupNorm(2, 3), "a multiple of num_groups 2", "3"),
    ],
    ids=["axes", "axes of rows", "channels", "one value", "groups"],
)
def test_errors(call, expected, received):
    with pytest.raises(ShapeError) as caught:
        call()
    assert expected in str(caught.value)
    assert received in caught.value.received
    assert caught.value.remedy
