"""Accuracy, top k and confusion matrices against values by hand and loops over samples."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import (
    DataError,
    DeviceError,
    DtypeError,
    IndexRangeError,
    OptionError,
    ShapeError,
)
from dlcore.train.classification import Accuracy, ConfusionMatrix, TopK

NAN, INF = float("nan"), float("inf")
ANIMALS = ("ant", "bee", "cat")
MAKERS = [Accuracy, lambda: TopK(2), lambda: ConfusionMatrix(ANIMALS)]


def computed(metric, outputs, targets):
    metric.update(dl.tensor(outputs), dl.tensor(targets))
    return metric.compute()


def one_hot(labels, classes):
    return np.eye(classes, dtype=np.float32)[labels]


# -- by hand -------------------------------------------------------------------------------------

#         predicted:  0  1  2
#         0           2  1  0     support 3
#         1           0  1  0     support 1
#         2           0  0  0     support 0; never predicted
TRUE, PREDICTED = [0, 0, 0, 1], [0, 1, 0, 1]


def test_confusion_by_hand():
    result = computed(ConfusionMatrix(ANIMALS), one_hot(PREDICTED, 3), TRUE)
    assert result["confusion"] == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert result["undecided"] == [0, 0, 0]
    ant, bee, cat = result["classes"]
    assert ant == {"name": "ant", "precision": 1.0, "recall": 2 / 3, "f1": 4 / 5, "support": 3}
    assert bee == {"name": "bee", "precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1}
    assert cat == {"name": "cat", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    assert result["accuracy"] == 3 / 4
    assert result["balanced_accuracy"] == pytest.approx((2 / 3 + 1) / 2)  # without cat
    assert result["precision"] == pytest.approx(1.5 / 3)
    assert result["recall"] == pytest.approx((2 / 3 + 1) / 3)
    assert result["f1"] == pytest.approx((4 / 5 + 2 / 3) / 3)


def test_top_k_by_hand():
    outputs = [[0.1, 0.2, 0.3, 0.4]] * 4
    for k, share in ((1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)):
        assert computed(TopK(k), outputs, [0, 1, 2, 3]) == {f"top{k}": share}


def test_of_equal_logits_the_first_counts():
    outputs = [[1.0, 1.0, 1.0]] * 3
    assert computed(Accuracy(), outputs, [0, 1, 2]) == {"accuracy": 1 / 3}
    assert computed(TopK(2), outputs, [0, 1, 2]) == {"top2": 2 / 3}


def test_infinities_are_numbers():
    outputs = [[-INF, 0.0, INF], [-INF, -INF, -1.0]]
    assert computed(Accuracy(), outputs, [2, 2]) == {"accuracy": 1.0}


@pytest.mark.parametrize("label", range(3))
@pytest.mark.parametrize("place", range(3))
def test_nan_is_wrong_wherever_it_is(label, place):
    outputs = one_hot([label], 3)
    outputs[0, place] = NAN
    assert computed(Accuracy(), outputs, [label]) == {"accuracy": 0.0}
    assert computed(TopK(3), outputs, [label]) == {"top3": 0.0}
    result = computed(ConfusionMatrix(ANIMALS), outputs, [label])
    assert result["accuracy"] == 0.0
    assert result["undecided"] == [int(row == label) for row in range(3)]
    assert result["classes"][label]["support"] == 1


@pytest.mark.parametrize("ignored", [-100, 1])
def test_ignored_labels_do_not_count(ignored):
    targets, outputs = [ignored, 0, 2, ignored], one_hot([1, 0, 0, 1], 3)
    assert computed(Accuracy(ignore_index=ignored), outputs, targets) == {"accuracy": 0.5}
    assert computed(TopK(3, ignore_index=ignored), outputs, targets) == {"top3": 1.0}
    result = computed(ConfusionMatrix(ANIMALS, ignore_index=ignored), outputs, targets)
    assert result["confusion"] == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert result["accuracy"] == 0.5


# -- against loops -------------------------------------------------------------------------------


def by_definition(outputs, targets, k):
    """The rank of each label among its sample's logits, by pairs of (logit, place)."""
    classes = outputs.shape[1]
    rows = np.moveaxis(outputs, 1, -1).reshape(-1, classes).astype(np.float64)
    table, hits = np.zeros((classes, classes), np.int64), 0
    for row, label in zip(rows, targets.reshape(-1), strict=True):
        order = sorted(range(classes), key=lambda place: (-row[place], place))
        table[label, order[0]] += 1
        hits += label in order[:k]
    return table, hits / targets.size


@pytest.mark.parametrize("seed", range(12))
def test_random_batches(seed):
    """Any shapes and dtypes, coarse logits with many equals, cut anywhere into batches."""
    generator = np.random.default_rng(seed)
    classes = int(generator.integers(1, 8))
    k = int(generator.integers(1, classes + 1))
    rest = tuple(generator.integers(1, 4, generator.integers(0, 3)))
    samples = int(generator.integers(1, 30))
    outputs = generator.integers(-4, 5, (samples, classes, *rest)) / 2
    targets = generator.integers(0, classes, (samples, *rest))
    dtype = ("float16", "bfloat16", "float32", "float64")[seed % 4]
    metrics = Accuracy(), TopK(k), ConfusionMatrix([f"c{place}" for place in range(classes)])
    cuts = np.sort(generator.integers(0, samples + 1, 2))
    for x, y in zip(np.split(outputs, cuts), np.split(targets, cuts), strict=True):
        for metric in metrics:
            metric.update(dl.tensor(x, dtype=dtype), dl.tensor(y))
    accuracy, top, confusion = (metric.compute() for metric in metrics)
    table, share = by_definition(outputs, targets, k)
    assert confusion["confusion"] == table.tolist()
    assert accuracy == {"accuracy": np.trace(table) / targets.size}
    assert accuracy["accuracy"] == confusion["accuracy"]
    assert top == {f"top{k}": share}
    for label, one in enumerate(confusion["classes"]):
        right = table[label, label]
        precision, recall = (
            right / max(table[:, label].sum(), 1),
            right / max(table[label].sum(), 1),
        )
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        assert one["precision"] == pytest.approx(precision)
        assert one["recall"] == pytest.approx(recall)
        assert one["f1"] == pytest.approx(f1)


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("outputs", "targets", "error"),
    [
        (dl.zeros(4, 3), dl.zeros(5, dtype="int64"), ShapeError),
        (dl.zeros(4, 3), dl.zeros((4, 3), dtype="int64"), ShapeError),
        (dl.zeros(3), dl.zeros((), dtype="int64"), ShapeError),
        (dl.zeros(4, 3), dl.zeros(4), DtypeError),
        (dl.zeros((4, 3), dtype="int64"), dl.zeros(4, dtype="int64"), DtypeError),
        (dl.zeros((4, 3), device="numpy"), dl.zeros(4, dtype="int64"), DeviceError),
    ],
)
def test_what_does_not_fit_is_refused(make, outputs, targets, error):
    metric = make()
    with pytest.raises(error, match=metric.name):
        metric.update(outputs, targets)
    with pytest.raises(DataError, match=f"{metric.name}.*at least one sample"):
        metric.compute()


@pytest.mark.parametrize("label", [-1, 3, 10**12])
@pytest.mark.parametrize("make", MAKERS)
def test_labels_outside_are_refused_when_the_host_asks(make, label):
    metric = make()
    metric.update(dl.zeros(2, 3), dl.tensor([label, 0]))
    with pytest.raises(IndexRangeError, match="1 outside"):
        metric.compute()


def test_options_that_do_not_serve():
    with pytest.raises(OptionError, match="k of at least 1"):
        TopK(0)
    with pytest.raises(OptionError, match=r"k from 0 to 3.*received 5"):
        TopK(5).update(dl.zeros(2, 3), dl.tensor([0, 1]))
    with pytest.raises(OptionError, match="names of the classes"):
        ConfusionMatrix([])
    with pytest.raises(ShapeError, match="logits of 3 classes"):
        ConfusionMatrix(ANIMALS).update(dl.zeros(2, 4), dl.tensor([0, 1]))
