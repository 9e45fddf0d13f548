"""Normalisation: statistics of the training data, and the same values wherever it is applied."""

import json

import numpy as np
import pytest

from dlcore.data import ArrayDataset
from dlcore.data.normalize import ENOUGH, Normalize


def dataset(count=300, dtype=np.uint8):
    generator = np.random.default_rng(0)
    inputs = generator.integers(0, 256, (count, 3, 4, 5)).astype(dtype)
    inputs[:, 1] //= 2
    return ArrayDataset(inputs, np.zeros(count, np.int64))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_channels_get_mean_zero_and_variance_one(dtype):
    data = dataset(dtype=dtype)
    normalize = Normalize.fit(data)
    unit = 255 if dtype == np.uint8 else 1
    np.testing.assert_allclose(normalize.mean, data.inputs.mean((0, 2, 3), np.float64) / unit)
    np.testing.assert_allclose(normalize.std, data.inputs.astype(float).std((0, 2, 3)) / unit)
    outputs = normalize(data.inputs)
    assert outputs.dtype == np.float32
    assert outputs.transpose(0, 2, 3, 1).flags.c_contiguous
    np.testing.assert_allclose(outputs.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(outputs.std((0, 2, 3)), 1, rtol=1e-5)


def test_a_channel_that_never_changes_is_only_shifted():
    constant = ArrayDataset(np.full((4, 1, 2, 2), 51, np.uint8), np.zeros(4, np.int64))
    fitted = Normalize.fit(constant)
    assert fitted.std == (1.0,)
    np.testing.assert_allclose(fitted(constant.inputs), 0, atol=1e-7)


def test_a_large_data_set_is_estimated_from_samples_all_over_it():
    rising = np.linspace(0, 1, 3 * ENOUGH, dtype=np.float32)[:, None]
    fitted = Normalize.fit(ArrayDataset(rising, np.zeros(len(rising), np.int64)))
    assert fitted.mean[0] == pytest.approx(0.5, abs=1e-3)


def test_round_trip_gives_the_same_values():
    data = dataset()
    normalize = Normalize.fit(data)
    again = Normalize.from_json(json.loads(json.dumps(normalize.to_json())))
    assert again == normalize
    np.testing.assert_array_equal(again(data.inputs), normalize(data.inputs))
