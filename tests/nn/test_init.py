"""First values: variances as the papers say, the same on every device, none on meta."""

import inspect
from math import sqrt

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.nn import init

SHAPE = (64, 32, 3, 3)  # fan in 288, fan out 576
VARIANCES = {
    "he_normal": 2 / 288,
    "he_uniform": 2 / 288,
    "he_normal_fan_out": 2 / 576,
    "he_uniform_fan_out": 2 / 576,
    "xavier_normal": 2 / (288 + 576),
    "xavier_uniform": 2 / (288 + 576),
    "lecun_normal": 1 / 288,
    "lecun_uniform": 1 / 288,
    "pytorch": 1 / (3 * 288),
    "orthogonal": 1 / 288,  # 64 rows of length 1
    "alexnet": 1e-4,
    "gaussian": 1.0,
    "normal": 1.0,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_variance(name):
    values = init.parameter(SHAPE, name).detach().numpy()
    assert values.var() == pytest.approx(VARIANCES[name], rel=0.05)
    assert abs(values.mean()) < 0.05 * values.std()


def test_every_named_initialiser_is_tested():
    assert set(init.INITIALISERS) == {*VARIANCES, "uniform", "zeros", "ones"}


def test_constants_and_own_functions():
    assert init.parameter((2,), "zeros").tolist() == [0.0, 0.0]
    assert init.parameter((2,), init.constant(3.0)).tolist() == [3.0, 3.0]
    assert init.parameter((1000,), "uniform").detach().numpy().mean() == pytest.approx(
        0.5, abs=0.05
    )
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


@pytest.mark.parametrize("shape", [(8, 3, 3, 3), (30, 2, 3), (5, 5)])
def test_orthogonal(shape):
    values = 0.5 * init.orthogonal(2.0)(shape).reshape(shape[0], -1)
    gram = values @ values.T if shape[0] <= values.shape[1] else values.T @ values
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-12)


def test_orthogonal_is_uniform():
    """Bare QR always has the same signs: here the first entry's mean would be about -0.5."""
    entries = [init.orthogonal()((3, 3))[0, 0] for _ in range(400)]
    assert abs(np.mean(entries)) < 0.1
    assert np.var(entries) == pytest.approx(1 / 3, rel=0.2)


def test_functions_in_place():
    weight = nn.Conv2d(32, 64, 3).weight
    before = weight.version.count
    assert init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu") is weight
    assert weight.version.count > before
    assert weight.detach().numpy().var() == pytest.approx(2 / 576, rel=0.05)
    init.kaiming_uniform_(weight, a=sqrt(5))
    assert abs(weight.detach().numpy()).max() == pytest.approx(1 / sqrt(288), rel=0.01)
    init.xavier_normal_(weight, gain=2.0)
    assert weight.detach().numpy().var() == pytest.approx(4 * 2 / (288 + 576), rel=0.05)
    init.xavier_uniform_(weight)
    assert weight.detach().numpy().var() == pytest.approx(2 / (288 + 576), rel=0.05)
    assert set(init.constant_(weight, 3.0).detach().numpy().ravel()) == {3.0}
    assert init.zeros_(dl.ones(2)).tolist() == [0.0, 0.0]
    assert init.ones_(dl.zeros(2)).tolist() == [1.0, 1.0]
    assert init.normal_(dl.zeros(4000), 5.0, 0.1).numpy().mean() == pytest.approx(5.0, abs=0.02)
    assert init.uniform_(dl.zeros(4000), 2.0, 4.0).numpy().mean() == pytest.approx(3.0, abs=0.1)
    assert init.eye_(dl.zeros(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    rows = init.orthogonal_(dl.zeros(2, 9), gain=3.0).numpy()
    np.testing.assert_allclose(rows @ rows.T, 9 * np.eye(2), atol=1e-5)


def test_truncated_normal():
    values = init.trunc_normal_(dl.zeros(20000), std=2.0, a=-1.0, b=3.0).numpy()
    assert -1.0 <= values.min() < -0.99
    assert 2.99 < values.max() <= 3.0
    # phi and Phi at -0.5 and 1.5: mean = 2 (phi(-0.5) - phi(1.5)) / (Phi(1.5) - Phi(-0.5))
    assert values.mean() == pytest.approx(2 * (0.352065 - 0.129518) / 0.624655, abs=0.02)
    with pytest.raises(OptionError, match="bounds around values of mean 0"):
        init.trunc_normal_(dl.zeros(2), a=9.0, b=8.0)


def test_sparse_and_dirac():
    values = init.sparse_(dl.zeros(10, 7), 0.25).numpy()
    assert ((values == 0).sum(0) == 3).all()
    layer = nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
    init.dirac_(layer.weight, groups=2)
    x = dl.randn(1, 4, 5, 5)
    assert dl.equal(layer(x), x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: init.orthogonal_(dl.zeros(3)), "orthogonal: expected a weight with at least 2"),
        (lambda: init.eye_(dl.zeros(2, 2, 2)), "eye: expected a weight with 2 axes"),
        (lambda: init.dirac_(dl.zeros(3, 3, 3), groups=2), "groups that divide"),
        (lambda: init.kaiming_normal_(dl.zeros(3, 3), mode="fan"), "fan_in"),
        (lambda: init.calculate_gain("magic"), "leaky_relu"),
    ],
    ids=["vector", "cube", "groups", "mode", "gain"],
)
def test_errors(call, words):
    with pytest.raises((OptionError, ShapeError), match=words):
        call()


def test_nothing_is_drawn_on_meta():
    random.manual_seed(3)
    init.orthogonal_(dl.empty(4, 4, device="meta"))
    after = init.parameter((4, 4), "normal").tolist()
    random.manual_seed(3)
    assert init.parameter((4, 4), "normal").tolist() == after


def test_a_step_that_initialises_runs_eagerly():
    weight = dl.zeros(3)
    step = dl.compile(lambda: init.normal_(weight).clone())
    with pytest.warns(UserWarning, match="first values for a tensor of shape"):
        first = step()
    assert step().tolist() != first.tolist()


@pytest.mark.peer
@pytest.mark.parametrize("name", [name for name in init.__all__ if name.endswith("_")])
def test_functions_take_what_pytorch_takes(name):
    """All but the generator: there is one for the process."""
    torch = pytest.importorskip("torch")
    ours, theirs = (
        [(p.name, p.default) for p in inspect.signature(getattr(home, name)).parameters.values()]
        for home in (init, torch.nn.init)
    )
    assert ours == [one for one in theirs if one[0] != "generator"]


@pytest.mark.peer
@pytest.mark.parametrize("name", init.GAINS)
def test_gains(name):
    torch = pytest.importorskip("torch")
    for slope in (None, 0.3):
        expected = torch.nn.init.calculate_gain(name, slope)
        assert init.calculate_gain(name, slope) == pytest.approx(expected, rel=1e-12)


def test_dtypes_go_by_name_too():
    assert nn.Linear(2, 3, dtype="float64").weight.dtype == dl.float64
    assert {str(v.dtype) for v in nn.BatchNorm1d(2, dtype="float16").parameters()} == {"float16"}
    with pytest.raises(DtypeError, match="dtype float12"):
        nn.Conv2d(1, 1, 1, dtype="float12")
