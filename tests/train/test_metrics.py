"""The sets of metrics and their tables."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.train.metrics import classification_metrics, regression_metrics, report

TRUE = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 0])


def result(classes, logits):
    metric = classification_metrics(classes)
    metric.update(dl.tensor(logits), dl.tensor(TRUE))
    return metric.compute()


def logits(classes):
    return np.eye(classes, dtype=np.float32)[PREDICTED]


@pytest.mark.parametrize(("classes", "has_top5"), [(5, False), (6, True)])
def test_top5_needs_more_than_5_classes(classes, has_top5):
    metric = classification_metrics([str(number) for number in range(classes)])
    metric.update(dl.zeros(2, classes), dl.tensor([0, 1]))
    assert ("top5" in metric.compute()) == has_top5
    assert (metric.name, metric.better) == ("accuracy", "higher")


def test_regression_s_headline():
    metric = regression_metrics()
    assert (metric.name, metric.better) == ("rmse", "lower")


def test_ignored_label_reaches_all():
    metric = classification_metrics("abcdef", ignore_index=5)
    metric.update(dl.zeros(2, 6), dl.tensor([0, 5]))
    found = metric.compute()
    assert (found["accuracy"], found["top5"]) == (1.0, 1.0)


def test_table():
    assert report(result(["ant", "bumblebee", "cat"], logits(3))) == "\n".join(
        [
            "accuracy           0.6667",
            "balanced_accuracy  0.5556",
            "",
            "           precision  recall      f1  support",
            "ant           0.6667  0.6667  0.6667        3",
            "bumblebee     0.6667  1.0000  0.8000        2",
            "cat           0.0000  0.0000  0.0000        1",
            "mean          0.4444  0.5556  0.4889        6",
            "",
            "true \\ predicted  0  1  2",
            "0 ant             2  1  0",
            "1 bumblebee       0  2  0",
            "2 cat             1  0  0",
        ]
    )


def test_table_shows_the_undecided():
    outputs = logits(3)
    outputs[-1] = np.nan
    table = report(result("abc", outputs)).splitlines()
    assert table[-4:] == [
        "true \\ predicted  0  1  2  NaN",
        "0 a               2  1  0    0",
        "1 b               0  2  0    0",
        "2 c               0  0  0    1",
    ]


def test_large_numbers_keep_their_column():
    assert report({"rmse": 12345.5, "r2": 0.25}).splitlines() == [
        "rmse  12345.5000",
        "r2        0.2500",
    ]


@pytest.mark.parametrize(("classes", "blocks"), [(20, 3), (21, 2)])
def test_large_confusion_matrices_are_left_out(classes, blocks):
    names = [str(number) for number in range(classes)]
    assert len(report(result(names, logits(classes))).split("\n\n")) == blocks
