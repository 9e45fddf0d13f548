"""What all metrics have in common: recording, resuming, nothing read in between."""

import json
from copy import deepcopy

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, optim
from dlcore.backend.record import recording
from dlcore.errors import DataError, OptionError
from dlcore.train.classification import Accuracy, ConfusionMatrix, TopK
from dlcore.train.metric import MetricCollection
from dlcore.train.metrics import classification_metrics, regression_metrics
from dlcore.train.regression import MAE, R2, RMSE

CLASSES = tuple("abcdefg")


def labelled(generator, samples):
    outputs = generator.standard_normal((samples, 7)).astype(np.float32)
    return dl.tensor(outputs), dl.tensor(generator.integers(0, 7, samples))


def measured(generator, samples):
    return tuple(map(dl.tensor, 1e6 + generator.standard_normal((2, samples))))


KINDS = {
    "accuracy": (Accuracy, labelled),
    "top3": (lambda: TopK(3), labelled),
    "confusion": (lambda: ConfusionMatrix(CLASSES), labelled),
    "classification": (lambda: classification_metrics(CLASSES), labelled),
    "mae": (MAE, measured),
    "rmse": (RMSE, measured),
    "r2": (R2, measured),
    "regression": (lambda: regression_metrics(3.0), measured),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def batches(make_batch, count=50):
    """Now and then a shorter one."""
    generator = np.random.default_rng(1)
    return [make_batch(generator, 5 if place % 7 == 6 else 8) for place in range(count)]


def fed(metric, batches):
    for batch in batches:
        metric.update(*batch)
    return metric


def test_recorded_updates_are_the_eager_ones(kind):
    make, make_batch = kind
    eager, metric = make(), make()
    update = dl.compile(lambda x, y: metric.update(x, y))
    for epoch in range(2):
        metric.reset()
        eager.reset()
        for batch in batches(make_batch)[epoch:]:
            update(*batch)
            eager.update(*batch)
        assert metric.state() == eager.state()
        assert metric.compute() == eager.compute()
    assert len(update.recordings) == 2
    assert not update.eager


def test_metrics_within_a_recorded_training_step():
    def scenario(prepare):
        dl.manual_seed(0)
        model, metric = nn.Linear(4, 7), classification_metrics(CLASSES)
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x, y):
            optimizer.zero_grad()
            with dl.autocast("bfloat16"):
                outputs = model(x)
                nn.functional.cross_entropy(outputs, y).backward()
                metric.update(outputs, y)
            optimizer.step()

        step, generator = prepare(step), np.random.default_rng(0)
        for _ in range(50):
            x, y = labelled(generator, 8)
            step(x[:, :4].clone(), y)
        return metric.compute(), model.weight.tolist()

    assert scenario(dl.compile) == scenario(lambda step: step)


def test_update_reads_nothing(kind):
    make, make_batch = kind
    metric = make()
    with recording() as program:
        metric.update(*make_batch(np.random.default_rng(0), 8))
    assert program.steps
    assert program.refusal is None


@pytest.mark.parametrize("seed", range(3))
def test_resuming_anywhere_gives_the_same_bits(kind, seed):
    make, make_batch = kind
    given = batches(make_batch, 20)
    whole = fed(make(), given)
    cut = int(np.random.default_rng(seed).integers(0, 21))
    state = json.loads(json.dumps(fed(make(), given[:cut]).state(), allow_nan=False))
    resumed = fed(make(), given[7:9])  # of another run: nothing may be left of it
    resumed.load_state(state)
    assert fed(resumed, given[cut:]).state() == whole.state()
    assert resumed.compute() == whole.compute()


def test_copies_go_their_own_way(kind):
    make, make_batch = kind
    given = batches(make_batch, 6)
    metric = fed(make(), given[:3])
    copied = fed(deepcopy(metric), given[3:])
    assert metric.compute() == fed(make(), given[:3]).compute()
    assert copied.compute() == fed(make(), given).compute()


def test_results_are_json(kind):
    make, make_batch = kind
    metric = fed(make(), batches(make_batch, 3))
    result = metric.compute()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert metric.name in result


def test_reset_forgets(kind):
    make, make_batch = kind
    metric = fed(make(), batches(make_batch, 3))
    metric.reset()
    assert metric.state() == make().state()
    with pytest.raises(DataError, match=f"{metric.name}.*at least one sample"):
        metric.compute()


def test_autocast_and_gradients_have_no_part_in_it(kind):
    make, make_batch = kind
    metric, (outputs, targets) = make(), make_batch(np.random.default_rng(0), 8)
    with dl.autocast("float16"):
        metric.update(outputs.requires_grad_(), targets)
    assert metric.state() == fed(make(), [(outputs, targets)]).state()
    assert outputs.grad is None


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "expected right, count, outside, received nothing"),
        ({"counts": [1]}, "received counts"),
        ({"right": 1, "count": [1, 2], "outside": 0}, r"count of shape \(\)"),
        ({"right": 1, "count": "x", "outside": 0}, "numbers for count"),
        ({"right": 1, "count": None, "outside": 0}, "numbers for count"),
        ({"right": 1, "count": 2**70, "outside": 0}, "numbers for count"),
    ],
)
def test_foreign_state_is_refused_and_changes_nothing(state, message):
    metric = fed(Accuracy(), batches(labelled, 3))
    before = metric.state()
    with pytest.raises(DataError, match=f"state of accuracy.*{message}"):
        metric.load_state(state)
    assert metric.state() == before


def test_collection_is_the_parts_side_by_side():
    given = batches(labelled, 5)
    parts = [TopK(2), Accuracy()]
    whole = fed(MetricCollection(parts), given)
    assert (whole.name, whole.better) == ("top2", "higher")
    assert whole.compute() == {
        **fed(TopK(2), given).compute(),
        **fed(Accuracy(), given).compute(),
    }
    for refused in ([], [Accuracy(), Accuracy()]):
        with pytest.raises(OptionError, match="different names"):
            MetricCollection(refused)
