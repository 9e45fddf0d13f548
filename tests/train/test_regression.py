"""RMSE, MAE and R2 against values by hand and two-pass float64."""

import json

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DataError, DtypeError, OptionError, ShapeError
from dlcore.train.metrics import regression_metrics
from dlcore.train.regression import MAE, R2, RMSE


def computed(metric, outputs, targets):
    metric.update(dl.tensor(outputs), dl.tensor(targets))
    return metric.compute()


def test_by_hand():
    outputs, targets = [1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 3.0, 0.0]  # errors 0, -2, 0, 4
    assert computed(MAE(), outputs, targets) == {"mae": 1.5}
    assert computed(RMSE(), outputs, targets) == {"rmse": 5**0.5}
    assert computed(R2(), outputs, targets) == {"r2": 1 - 20 / 10}  # about the mean 2


def test_scale_brings_the_target_s_units():
    result = computed(regression_metrics(scale=10.0), [1.0, 2.0], [2.0, 4.0])
    assert result == {"rmse": 10 * 2.5**0.5, "mae": 15.0, "r2": 1 - 5 / 2}


def test_several_outputs_share_errors_and_have_an_r2_each():
    outputs, targets = [[1.0, 0.0], [3.0, 0.0]], [[1.0, 10.0], [3.0, 30.0]]
    result = computed(regression_metrics(outputs=2), outputs, targets)
    assert result["mae"] == 10.0
    assert result["r2"] == (1 + (1 - 1000 / 200)) / 2


@pytest.mark.parametrize(
    ("outputs", "share"), [([0.1, 0.1, 0.1], 1.0), ([0.1, 0.1, 0.2], 0.0)], ids=["equal", "not"]
)
def test_r2_of_targets_that_are_all_equal(outputs, share):
    metric = R2()
    for output in outputs:
        metric.update(dl.tensor([output]), dl.tensor([0.1]))
    assert metric.compute() == {"r2": share}


def test_an_empty_batch_adds_nothing():
    metric = regression_metrics()
    metric.update(dl.zeros(0), dl.zeros(0))
    assert metric.state() == regression_metrics().state()


@pytest.mark.parametrize("seed", range(12))
def test_random_batches(seed):
    """Targets far from 0, any dtypes, cut anywhere, empty batches too."""
    generator = np.random.default_rng(seed)
    samples, numbers = int(generator.integers(2, 200)), int(generator.integers(1, 4))
    far = 10.0 ** generator.integers(0, 10)
    shape = (samples, numbers) if numbers > 1 else (samples,)
    targets = far + generator.standard_normal(shape)
    outputs = targets + 0.3 * generator.standard_normal(shape)
    if seed % 3 == 1:
        outputs, targets = outputs.astype(np.float32), targets.astype(np.float32)
    if seed % 3 == 2:
        outputs, targets = (outputs - far).astype(np.float16), (targets - far).astype(np.float32)
    metric = regression_metrics(scale=2.5, outputs=numbers)
    cuts = np.sort(generator.integers(0, samples + 1, 3))
    for x, y in zip(np.split(outputs, cuts), np.split(targets, cuts), strict=True):
        metric.update(dl.tensor(x), dl.tensor(y))
    y, t = outputs.astype(np.longdouble), targets.astype(np.longdouble)
    squares, variation = ((y - t) ** 2).sum(0), ((t - t.mean(0)) ** 2).sum(0)
    expected = {
        "rmse": 2.5 * float(np.sqrt(((y - t) ** 2).mean())),
        "mae": 2.5 * float(np.abs(y - t).mean()),
        "r2": float(np.mean(1 - squares / variation)) if np.all(variation) else None,
    }
    result = metric.compute()
    if expected["r2"] is None:  # far beyond what float32 can tell apart
        del expected["r2"], result["r2"]
    assert result == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("far", [1e6, 1e9])
def test_no_cancellation(far):
    """Sums of squares in float64 would leave 4 digits at 1e6, and none at 1e9."""
    generator = np.random.default_rng(0)
    noise, error = generator.standard_normal((2, 10_000))
    metric = R2()
    for start in range(0, 10_000, 100):
        targets = far + noise[start : start + 100]
        metric.update(dl.tensor(targets + 0.1 * error[start : start + 100]), dl.tensor(targets))
    exact = 1 - ((0.1 * error) ** 2).sum() / ((noise - noise.mean()) ** 2).sum()
    assert metric.compute()["r2"] == pytest.approx(exact, abs=far * 1e-15)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("side", ["outputs", "targets"])
def test_what_is_not_finite_gives_none(side, value):
    metric = regression_metrics()
    batch = {"outputs": dl.tensor([1.0, 2.0]), "targets": dl.tensor([1.0, 3.0])}
    metric.update(**batch)
    metric.update(**batch | {side: dl.tensor([0.0, value])})
    metric.update(**batch)
    expected = {"rmse": None, "mae": None, "r2": None}
    assert metric.compute() == expected
    again = regression_metrics()
    again.load_state(json.loads(json.dumps(metric.state(), allow_nan=False)))
    assert again.compute() == expected


@pytest.mark.parametrize("make", [MAE, RMSE, R2])
@pytest.mark.parametrize(
    ("outputs", "targets", "error"),
    [
        (dl.zeros(4, 1), dl.zeros(4), ShapeError),  # which would broadcast to 4 x 4
        (dl.zeros(()), dl.zeros(()), ShapeError),
        (dl.zeros(4), dl.zeros(4, dtype="int64"), DtypeError),
        (dl.zeros(4, dtype="int64"), dl.zeros(4), DtypeError),
    ],
)
def test_what_does_not_fit_is_refused(make, outputs, targets, error):
    metric = make()
    with pytest.raises(error, match=metric.name):
        metric.update(outputs, targets)
    with pytest.raises(DataError, match="at least one sample"):
        metric.compute()


def test_options_that_do_not_serve():
    for make in (MAE, RMSE):
        for scale in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(OptionError, match=make.__name__):
                make(scale)
    with pytest.raises(OptionError, match="at least one output"):
        R2(0)
    with pytest.raises(ShapeError, match="outputs="):
        R2().update(dl.zeros(4, 2), dl.zeros(4, 2))
