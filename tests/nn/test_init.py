"""First values: variances as the papers say, the same on every device, none on meta."""

import numpy as np
import pytest

from dlcore import random
from dlcore.errors import OptionError
from dlcore.nn import init

SHAPE = (64, 32, 3, 3)  # fan in 288, fan out 576
VARIANCES = {
    "he_normal": 2 / 288,
    "he_uniform": 2 / 288,
    "xavier_normal": 2 / (288 + 576),
    "xavier_uniform": 2 / (288 + 576),
    "lecun_normal": 1 / 288,
    "lecun_uniform": 1 / 288,
    "pytorch": 1 / (3 * 288),
}


@pytest.mark.parametrize("name", VARIANCES)
def test_variance(name):
    values = init.parameter(SHAPE, name).detach().numpy()
    assert values.var() == pytest.approx(VARIANCES[name], rel=0.05)
    assert abs(values.mean()) < 0.05 * values.std()


def test_every_named_initialiser_is_tested():
    assert set(init.INITIALISERS) == {*VARIANCES, "zeros", "ones"}


def test_constants_and_own_functions():
    assert init.parameter((2,), "zeros").tolist() == [0.0, 0.0]
    assert init.parameter((2,), init.constant(3.0)).tolist() == [3.0, 3.0]
    low = init.parameter((1000,), init.uniform(2.0, 3.0)).detach().numpy()
    assert low.min() >= 2.0
    assert low.max() < 3.0


def test_convolution_weights_lie_channels_last():
    assert init.parameter((4, 3, 2, 2), "zeros").array.strides == (48, 4, 24, 12)


def test_same_seed_same_values_on_every_device():
    drawn = []
    for device in ("cpu", "numpy"):
        random.manual_seed(3)
        drawn.append(init.parameter((5, 4), "he_normal", device).detach().numpy())
    np.testing.assert_array_equal(*drawn)


def test_two_layers_differ():
    assert init.parameter((5,), "he_normal").tolist() != init.parameter((5,), "he_normal").tolist()


def test_unknown_name():
    with pytest.raises(OptionError, match="he_normal"):
        init.parameter((2,), "magic")
