"""Recorded steps follow the state of parameters, optimizers and modules around them."""

import pytest

import dlcore as dl
from dlcore import nn, optim, random
from dlcore.errors import IndexRangeError
from dlcore.nn.functional import cross_entropy
from dlcore.nn.module import Parameter


def same_recorded(scenario):
    """The scenario's values, once with dl.compile and once eagerly, must be the same bits."""
    eager, recorded = scenario(lambda step: step), scenario(dl.compile)
    assert recorded == eager


def two_parameters(**options):
    a, b = Parameter(dl.ones(2)), Parameter(dl.ones(2))
    return a, b, optim.SGD([a, b], lr=0.1, momentum=0.9, weight_decay=0.1, **options)


def test_freezing_and_thawing_between_replays():
    def scenario(prepare):
        a, b, optimizer = two_parameters()

        def step():
            optimizer.zero_grad()
            (a * a * b).sum().backward()
            optimizer.step()

        step, seen = prepare(step), []
        for frozen in (False, False, True, True, False, True):
            b.requires_grad_(not frozen)
            step()
            seen += a.tolist() + b.tolist()
        return seen

    same_recorded(scenario)


def test_freezing_and_modes_within_a_step_are_replayed():
    def scenario(prepare):
        dl.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Dropout(0.5))
        model.load_state_dict({"0.weight": dl.eye(2)})
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            model.eval()
            before = model(x).sum().detach()
            model.train().requires_grad_(False)
            model(x)
            model.requires_grad_(True)
            (model(x) ** 2).sum().backward()
            optimizer.step()
            return before

        step = prepare(step)
        seen = [step(dl.ones((3, 2))).item() for _ in range(12)]
        recordings = sum(map(len, getattr(step, "recordings", {}).values()))
        assert recordings <= 2, "it should be replayed"
        return seen

    same_recorded(scenario)


def test_a_parameter_that_moves_is_followed():
    layer = nn.Linear(2, 2)
    forward = dl.compile(lambda x: layer(x))
    x = dl.ones((1, 2))
    with dl.no_grad():
        forward(x)
    optimizer = optim.SGD(layer.parameters(), lr=0.5)  # takes the memory into its own
    layer(x).sum().backward()
    optimizer.step()
    with dl.no_grad():
        assert forward(x).tolist() == layer(x).tolist()


def test_only_the_update_recorded():
    def scenario(prepare):
        a, b, optimizer = two_parameters()
        update, seen = prepare(lambda: optimizer.step()), []
        for step in range(9):
            optimizer.zero_grad(set_to_none=step < 5)
            loss = (a * a).sum()
            if step % 3 == 1:
                loss = loss + (b * b).sum()
            loss.backward()
            if step == 3:
                a.grad = dl.ones(2)
            update()
            seen += a.tolist() + b.tolist()
        return seen

    same_recorded(scenario)


def test_gradients_kept_as_zeros_and_groups_added():
    def scenario(prepare):
        a, b, optimizer = two_parameters()
        c = Parameter(dl.ones(2))

        def step():
            optimizer.zero_grad(set_to_none=False)
            (a * c).sum().backward()
            optimizer.step()

        step, seen = prepare(step), []
        for number in range(6):
            if number == 2:
                b.sum().backward()
            if number == 4:
                optimizer.add_param_group({"params": c, "maximize": True})
            step()
            seen += a.tolist() + b.tolist() + c.tolist()
        return seen

    same_recorded(scenario)


def test_two_networks_and_a_scaler_take_turns():
    def scenario(prepare):
        dl.manual_seed(3)
        judge, maker = (nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.3)) for _ in range(2))
        first = optim.Adam(judge.parameters(), lr=0.1)
        second = optim.Adam(maker.parameters(), lr=0.1)
        scaler = optim.GradScaler(init_scale=8.0, growth_interval=3)
        schedule = optim.StepLR(first, 2, 0.5)

        def step(x):
            first.zero_grad()
            scaler.scale((judge(maker(x).detach()) ** 2).sum()).backward()
            scaler.unscale_(first)
            scaler.step(first)
            judge.requires_grad_(False)
            second.zero_grad()
            scaler.scale((judge(maker(x)) ** 2).sum()).backward()
            scaler.step(second)
            judge.requires_grad_(True)
            scaler.update()
            schedule.step()

        step, seen = prepare(step), []
        for number in range(10):
            step(dl.full((3, 2), float("inf") if number == 4 else 1.0))
            seen += [scaler.get_scale(), judge[0].bias.tolist(), maker[0].weight.tolist()]
        return seen

    same_recorded(scenario)


def test_a_replay_that_fails_leaves_its_rows():
    def step(x, y):
        with random.rows(8):
            return cross_entropy(x, y)

    recorded, x = dl.compile(step), dl.zeros((1, 3))
    recorded(x, dl.tensor([1]))
    with pytest.raises(IndexRangeError):
        recorded(x, dl.tensor([3]))
    assert random.generator.row == 0
    assert not random.generator._outer
