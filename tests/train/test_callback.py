"""Callbacks: what they are told, what they decide."""

import pytest

from dlcore.errors import OptionError
from dlcore.train.callback import Best, EarlyStopping


class Stub:
    stopping = False


def epochs(callback, values):
    """How many epochs it takes until the callback stops the training."""
    trainer = Stub()
    for number, value in enumerate(values):
        callback.on_epoch_end(trainer, {"train": {"loss": 0.0}, "test": {"loss": value}})
        if trainer.stopping:
            return number + 1
    return None


def test_early_stopping_waits_for_its_patience():
    assert epochs(EarlyStopping(2), [5, 4, 4, 3, 3, 3]) == 6
    assert epochs(EarlyStopping(2), [5, 4, 3, 2, 1]) is None
    assert epochs(EarlyStopping(1), [1, 1]) == 2
    assert epochs(EarlyStopping(1, Best(min_delta=0.5)), [5, 4.6]) == 2


def test_early_stopping_remembers():
    first, second = EarlyStopping(3), EarlyStopping(3)
    assert epochs(first, [2, 3, 3]) is None
    second.load_state_dict(first.state_dict())
    assert epochs(second, [3]) == 1


def test_best_of_a_metric_that_grows():
    best = Best("accuracy", "max")
    results = [{"train": {"accuracy": value}} for value in (0.5, 0.4, 0.6, 0.6)]
    assert [best.improved(result) for result in results] == [True, False, True, False]


@pytest.mark.parametrize(("mode", "value"), [("min", 5.0), ("max", 0.5)])
def test_what_is_no_number_improves_nothing(mode, value):
    best = Best("figure", mode)
    for given in (None, float("nan"), value, None, float("nan")):
        assert best.improved({"train": {"figure": given}}) == (given == value)
    assert best.value == value


def test_the_split_that_is_evaluated_first_counts():
    best = Best()
    assert best.improved({"train": {"loss": 9}, "validation": {"loss": 1}, "test": {"loss": 5}})
    assert best.value == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EarlyStopping(0), "patience"),
        (lambda: Best("loss", "least"), "max, min"),
        (lambda: Best("beauty").improved({"train": {"loss": 1.0}}), "loss.*'beauty'"),
    ],
)
def test_what_makes_no_sense(make, words):
    with pytest.raises(OptionError, match=words):
        make()
