"""Optimizers and schedules by name."""

from math import cos, pi

import pytest

import dlcore as dl
from dlcore import optim
from dlcore.errors import OptionError
from dlcore.nn.module import Parameter
from dlcore.optim import (
    OPTIMIZERS,
    SCHEDULES,
    SGD,
    Adam,
    Optimizer,
    ReduceLROnPlateau,
    make_optimizer,
    make_schedule,
)
from dlcore.optim.registry import default_lr


def bend(start, end, share):
    """From start to end along half a cosine."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


SHARES = {
    # at the begin, after 1/20, 1/3, 1/2, 3/4 of the steps, and at the last step of 120
    "constant": [1, 1, 1, 1, 1, 1],
    "step": [1, 1, 0.1, 0.1, 0.01, 0.01],
    "multistep": [1, 1, 1, 0.1, 0.01, 0.01],
    "exponential": [1, 0.01**0.05, 0.01 ** (1 / 3), 0.1, 0.01**0.75, 0.01 ** (119 / 120)],
    "cosine": [1 / 13, 7 / 13, *(bend(1, 0, (step - 12) / 108) for step in (40, 60, 90, 119))],
    "linear": [1 / 13, 7 / 13, 80 / 108, 60 / 108, 30 / 108, 1 / 108],
    "onecycle": [
        0.04,
        bend(0.04, 1, 6 / 35),
        *(bend(1, 4e-6, (step - 35) / 84) for step in (40, 60, 90)),
        4e-6,
    ],
}


def sgd(**options):
    return SGD([Parameter(dl.ones(2))], lr=0.5, **options)


def test_every_optimizer_is_listed_by_its_name():
    kinds = {kind for kind in vars(optim).values() if isinstance(kind, type)}
    kinds = {kind for kind in kinds if issubclass(kind, Optimizer)} - {Optimizer}
    assert {kind.__name__.lower(): kind for kind in kinds} == OPTIMIZERS


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_made_by_name(name):
    made = make_optimizer(name, [Parameter(dl.ones(2))], lr=0.25)
    assert type(made) is OPTIMIZERS[name]
    assert made.param_groups[0]["lr"] == 0.25


def test_options_are_passed():
    made = make_optimizer("sgd", [Parameter(dl.ones(2))], lr=0.1, momentum=0.5, weight_decay=0.25)
    assert (made.defaults["momentum"], made.defaults["weight_decay"]) == (0.5, 0.25)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("adam", {"momentum": 0.9}, "optimizer adam: .*momentum.*lars, rmsprop, sgd"),
        ("rprop", {"weight_decay": 0.0}, "optimizer rprop: .*weight_decay"),
        ("sdg", {}, "one of .*sgd.*received 'sdg'"),
        ("sgd", {"momentum": -1.0}, "momentum >= 0"),
    ],
)
def test_what_an_optimizer_does_not_have_is_refused(name, options, words):
    with pytest.raises(OptionError, match=words):
        make_optimizer(name, [Parameter(dl.ones(2))], lr=0.1, **options)


@pytest.mark.parametrize("name", SHARES)
def test_rates_over_a_run(name):
    optimizer = sgd(momentum=0.9)
    schedule = make_schedule(name, optimizer, 120, 3)
    seen = []
    for _ in range(120):
        seen.append(optimizer.param_groups[0]["lr"] / 0.5)
        schedule.step()
    places = [seen[step] for step in (0, 6, 40, 60, 90, 119)]
    assert places == pytest.approx(SHARES[name], rel=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 5, 9, 10, 11, 100, 1237])
def test_cosine_to_the_last_bit(steps):
    """A run that goes on must find the rates that it left."""
    schedule = make_schedule("cosine", sgd(), steps, 1)
    rise = max(steps // 10, 1)
    for done in range(steps + 1):
        share = (done - rise) / max(steps - rise, 1)
        factor = (done + 1) / (rise + 1) if done < rise else (1 + cos(pi * min(share, 1.0))) / 2
        assert schedule.get_last_lr() == [0.5 * factor]
        schedule.step()


def test_plateau_waits_a_tenth_of_the_epochs():
    for epochs, patience in ((5, 1), (40, 4)):
        schedule = make_schedule("plateau", sgd(), 100, epochs)
        assert isinstance(schedule, ReduceLROnPlateau)
        assert schedule.patience == patience


def test_one_cycle_moves_a_momentum_that_there_is():
    for optimizer, moves in (
        (sgd(), False),
        (sgd(momentum=0.5), True),
        (Adam([Parameter(dl.ones(2))]), True),
    ):
        assert make_schedule("onecycle", optimizer, 10, 1).cycle_momentum == moves


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_short_runs(name, steps):
    schedule = make_schedule(name, sgd(), steps, 1)
    least = {"cosine": 0.02, "linear": 0.02, "onecycle": 0.0}.get(name, 0.5)
    assert schedule.get_last_lr()[0] >= least
    for _ in range(steps):
        assert 0 <= schedule.get_last_lr()[0] <= 0.5
        schedule.step(*([1.0] if name == "plateau" else []))


@pytest.mark.parametrize(
    ("name", "steps", "epochs", "words"),
    [("sine", 1, 1, "cosine"), ("step", 0, 1, "steps"), ("step", 1, 0, "epochs")],
)
def test_schedules_that_are_refused(name, steps, epochs, words):
    with pytest.raises(OptionError, match=words):
        make_schedule(name, sgd(), steps, epochs)


def test_every_optimizer_has_a_rate_of_its_own():
    for name, kind in OPTIMIZERS.items():
        group = kind([Parameter(dl.zeros(1))]).param_groups[0]
        assert group["lr"] == default_lr(name)
    with pytest.raises(OptionError, match="did you mean adam or"):
        default_lr("adamv")
