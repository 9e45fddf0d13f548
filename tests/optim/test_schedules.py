"""Schedules: rates by hand, saved and resumed, in recorded steps, refusals."""

import json
from itertools import pairwise

import pytest

import dlcore as dl
from dlcore import optim
from dlcore.errors import OptionError
from dlcore.nn.module import Parameter
from dlcore.optim import SGD, Adam
from dlcore.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from tests.optim.kinds import parameters, steps
from tests.optim.schedules import SCHEDULES

LOSSES = [1.0, 0.9, 0.95, 0.9, 0.91, 0.8, 0.85, 0.9, 0.95, 1.0, 0.9, 0.8, 0.79999, 0.7, 0.8, 0.8]
PLATEAUS = {
    "rel": {"factor": 0.5, "patience": 1},
    "abs": {"factor": 0.5, "patience": 0, "threshold": 0.05, "threshold_mode": "abs"},
    "cooldown": {"patience": 0, "cooldown": 2, "min_lr": 0.004},
    "max": {"mode": "max", "factor": 0.3, "patience": 2, "eps": 1e-3},
    "max, abs": {"mode": "max", "patience": 1, "threshold_mode": "abs"},
}


def sgd(lr=0.1, groups=1):
    params = [{"params": [Parameter(dl.ones(2))], "lr": lr * (n + 1)} for n in range(groups)]
    return SGD(params, lr=lr, momentum=0.9)


def rates(schedule, count):
    """The rate of each of the first steps."""
    seen = []
    for _ in range(count):
        seen.append(schedule.get_last_lr()[0])
        schedule.step()
    return seen


def test_rates_by_hand():
    assert rates(StepLR(sgd(1.0), 2, 0.5), 5) == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert rates(LinearLR(sgd(1.0), 0.25, 1.0, 3), 5) == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert rates(ConstantLR(sgd(1.0), 0.5, 2), 4) == [0.5, 0.5, 1.0, 1.0]
    cosine = CosineAnnealingWarmRestarts(sgd(1.0), 2)
    assert rates(cosine, 5) == pytest.approx([1.0, 0.5, 1.0, 0.5, 1.0])
    cycle = OneCycleLR(sgd(), 1.0, 5, pct_start=0.6, anneal_strategy="linear", div_factor=2.0)
    assert rates(cycle, 5) == pytest.approx([0.5, 0.75, 1.0, 0.500025, 0.00005])


def test_momentum_falls_while_the_rate_rises():
    for optimizer in (sgd(), Adam([Parameter(dl.ones(2))])):
        schedule = OneCycleLR(optimizer, 1.0, 10)
        group, seen = optimizer.param_groups[0], []
        for _ in range(10):
            seen.append(
                (group["lr"], group["momentum"] if "momentum" in group else group["betas"][0])
            )
            schedule.step()
        for (lr, momentum), (next_lr, next_momentum) in pairwise(seen):
            assert (next_lr > lr) == (next_momentum < momentum)
    assert group["betas"][1] == 0.999


def test_restarts_at_any_place():
    schedule = CosineAnnealingWarmRestarts(sgd(1.0), 2, 2)
    schedule.step(1.0)
    assert schedule.get_last_lr() == pytest.approx([0.5])
    schedule.step(4.0)
    assert schedule.get_last_lr() == pytest.approx([0.5])
    assert schedule.last_epoch == 4


def test_a_rise_of_no_length_starts_at_the_top():
    assert rates(OneCycleLR(sgd(), 1.0, 10, pct_start=0.1), 2)[0] == 1.0


def test_each_group_has_its_own():
    optimizer = sgd(0.1, groups=2)
    schedule = LambdaLR(optimizer, [lambda done: 1.0, lambda done: 0.5**done])
    schedule.step()
    assert schedule.get_last_lr() == [0.1, 0.1]
    assert OneCycleLR(optimizer, [1.0, 2.0], 10).get_last_lr() == pytest.approx([0.04, 0.08])


def run(schedule_name, count, resume=None, scheduler_first=False):
    """Final values, rates and momentum; with `resume`, interrupted after that many steps."""
    params = parameters()[:2]
    optimizer = SGD(params, lr=0.1, momentum=0.9)
    schedule = SCHEDULES[schedule_name](optim, optimizer)
    for number in range(count):
        if number == resume:
            state = json.loads(json.dumps(schedule.state_dict()))
            saved = optimizer.state_dict()
            groups = json.loads(json.dumps(saved["param_groups"]))
            params = [Parameter(p.detach().clone()) for p in params]
            optimizer = SGD(params, lr=0.1, momentum=0.9)
            schedule = SCHEDULES[schedule_name](optim, optimizer)
            loads = [(optimizer, {**saved, "param_groups": groups}), (schedule, state)]
            for target, content in reversed(loads) if scheduler_first else loads:
                target.load_state_dict(content)
        steps(params, optimizer, 1)
        schedule.step()
    group = optimizer.param_groups[0]
    return [p.tolist() for p in params], group["lr"], group["momentum"], schedule.last_epoch


@pytest.mark.parametrize("scheduler_first", [False, True])
@pytest.mark.parametrize("name", SCHEDULES)
def test_resumed_run_is_the_same_bit_for_bit(name, scheduler_first):
    resume = 9 if scheduler_first else 4
    assert run(name, 16, resume, scheduler_first) == run(name, 16)


@pytest.mark.parametrize("name", SCHEDULES)
def test_recorded_steps_have_the_eager_rates(name):
    def scenario(prepare):
        params = parameters()[:2]
        optimizer = SGD(params, lr=0.1, momentum=0.9)
        schedule = SCHEDULES[name](optim, optimizer)

        def step():
            steps(params, optimizer, 1)
            schedule.step()

        step, seen = prepare(step), []
        for _ in range(14):
            step()
            seen.append((schedule.get_last_lr(), optimizer.param_groups[0]["momentum"]))
        recordings = sum(map(len, getattr(step, "recordings", {}).values()))
        assert recordings <= 1, "it should be replayed"
        return seen, [p.tolist() for p in params]

    assert scenario(dl.compile) == scenario(lambda step: step)


@pytest.mark.parametrize("name", PLATEAUS)
def test_resumed_plateau_has_the_same_rates(name):
    straight = ReduceLROnPlateau(sgd(), **PLATEAUS[name])
    seen = []
    for loss in LOSSES:
        straight.step(loss)
        seen.append(straight.get_last_lr())
    assert len({rate for (rate,) in seen}) > 1
    for place in (0, 4, 9):
        first = ReduceLROnPlateau(sgd(), **PLATEAUS[name])
        for loss in LOSSES[:place]:
            first.step(loss)
        text = json.dumps([first.state_dict(), first.get_last_lr()], allow_nan=False)
        state, (rate,) = json.loads(text)
        second = ReduceLROnPlateau(sgd(rate), **PLATEAUS[name])
        second.load_state_dict(state)
        for loss, expected in zip(LOSSES[place:], seen[place:], strict=True):
            second.step(dl.tensor(loss, dtype="float64"))
            assert second.get_last_lr() == expected


def test_chained_and_sequential_nest():
    optimizer = sgd(1.0)
    warm = LinearLR(optimizer, 0.5, 1.0, 2)
    both = ChainedScheduler([StepLR(optimizer, 2, 0.5), ExponentialLR(optimizer, 0.1)])
    schedule = SequentialLR(optimizer, [warm, both], [2])
    assert rates(schedule, 5) == pytest.approx([0.5, 0.75, 1.0, 0.1, 0.005])
    with pytest.raises(OptionError, match="4 steps"):
        rates(OneCycleLR(sgd(), 1.0, 4), 6)


def test_groups_added_later():
    optimizer = sgd(1.0)
    factor = ExponentialLR(optimizer, 0.5)
    each = LambdaLR(optimizer, lambda done: 1.0)
    optimizer.add_param_group({"params": [Parameter(dl.ones(2))], "lr": 3.0})
    factor.step()
    assert factor.get_last_lr() == [0.5, 1.5]
    with pytest.raises(OptionError, match=r"the 1 parameter groups .* with 2"):
        each.step()


@pytest.mark.parametrize(("second", "argument"), [(ExponentialLR, 0.1), (MultiplicativeLR, abs)])
def test_groups_added_before_the_second_schedule_begins(second, argument):
    optimizer = sgd(1.0)
    parts = [ExponentialLR(optimizer, 0.5), second(optimizer, argument)]
    schedule = SequentialLR(optimizer, parts, [2])
    optimizer.add_param_group({"params": [Parameter(dl.ones(2))], "lr": 3.0})
    schedule.step()
    with pytest.raises(OptionError, match=r"the 1 parameter groups .* with 2"):
        schedule.step()
    with pytest.raises(OptionError, match=r"the 1 parameter groups .* with 2"):
        SequentialLR(optimizer, parts, [2])


def test_state_of_another_schedule_is_refused():
    optimizer = sgd()
    plateau, both = ReduceLROnPlateau(optimizer), ChainedScheduler([StepLR(optimizer, 1)])
    with pytest.raises(OptionError, match="num_bad_epochs"):
        plateau.load_state_dict(StepLR(sgd(), 1).state_dict())
    with pytest.raises(OptionError, match=r"for 1 parameter groups.*for 2"):
        both.load_state_dict({**both.state_dict(), "base_lrs": [0.1, 0.1]})
    with pytest.raises(OptionError, match="states of 1 schedules"):
        both.load_state_dict({**both.state_dict(), "schedulers": []})
    assert both.state_dict()["last_epoch"] == 0


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: StepLR(sgd(), 0), "step_size"),
        (lambda: LinearLR(sgd(), 0.0), "start_factor"),
        (lambda: ConstantLR(sgd(), 2.0), "factor"),
        (lambda: CosineAnnealingWarmRestarts(sgd(), 2.5), "T_0"),
        (lambda: LambdaLR(sgd(), [abs, abs]), "received 2 of them"),
        (lambda: MultiplicativeLR(sgd(), []), "received 0 of them"),
        (lambda: OneCycleLR(sgd(), 1.0), "epochs"),
        (lambda: OneCycleLR(sgd(), 1.0, 10, anneal_strategy="sin"), "anneal_strategy"),
        (lambda: CyclicLR(sgd(), 0.1, 1.0, mode="round"), "mode"),
        (lambda: CyclicLR(optim.Rprop([Parameter(dl.ones(1))]), 0.1, 1.0), "cycle_momentum=False"),
        (lambda: ReduceLROnPlateau(sgd(), factor=1.0), "factor"),
        (lambda: ReduceLROnPlateau(sgd(), "low"), "mode"),
        (lambda: ChainedScheduler([]), "at least one"),
        (lambda: ChainedScheduler([ReduceLROnPlateau(sgd())]), "ReduceLROnPlateau"),
        (lambda: ChainedScheduler([StepLR(sgd(), 1), StepLR(sgd(), 1)]), "one optimizer"),
        (lambda: SequentialLR(o := sgd(), [StepLR(o, 1)], [3]), "0 milestones"),
        (lambda: StepLR(sgd(), 1, last_epoch=3), "initial_lr"),
    ],
    ids=str,
)
def test_refusals(act, words):
    with pytest.raises(OptionError, match=words):
        act()


@pytest.mark.peer
@pytest.mark.parametrize("name", PLATEAUS)
def test_plateau_follows_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    peer = torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.1)
    ours = ReduceLROnPlateau(sgd(), **PLATEAUS[name])
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(peer, **PLATEAUS[name])
    for loss in [*LOSSES, float("nan"), *LOSSES]:
        ours.step(loss)
        theirs.step(loss)
        assert ours.get_last_lr() == pytest.approx(theirs.get_last_lr(), rel=1e-12)


RESUMABLE = ["lambda", "multiplicative", "linear", "exponential", "polynomial", "restarts, equal"]


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:Detected call")
@pytest.mark.parametrize("name", RESUMABLE)
def test_last_epoch_goes_on_as_in_pytorch(name, monkeypatch):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    seen = []
    for module, make in (
        (optim, lambda: Parameter(dl.ones(2))),
        (torch.optim.lr_scheduler, lambda: torch.ones(2, requires_grad=True)),
    ):
        library = optim if module is optim else torch.optim
        optimizer = library.SGD([{"params": [make()], "initial_lr": 0.1}], lr=0.07)
        kind = type(SCHEDULES[name](module, library.SGD([make()], lr=0.1)))
        monkeypatch.setattr(module, kind.__name__, _going_on(kind, 4))
        schedule = SCHEDULES[name](module, optimizer)
        seen.append([])
        for _ in range(8):
            seen[-1].append(optimizer.param_groups[0]["lr"])
            schedule.step()
    assert seen[0] == pytest.approx(seen[1], rel=1e-12)


def _going_on(kind, last_epoch):
    return lambda *arguments: kind(*arguments, last_epoch=last_epoch)
