"""Optimizers: flat memory, groups, state."""

import json

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.base import Call
from dlcore.backend.record import recording
from dlcore.errors import OptionError, ShapeError
from dlcore.nn.module import Parameter
from dlcore.optim import LAMB, SGD, Adagrad, Adam, GradScaler, RMSprop, Rprop
from tests.optim.kinds import KINDS, loss_of, parameters, steps


@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_live_in_flat_buffers(kind):
    params = parameters()
    before = [p.detach().numpy().copy() for p in params]
    strides = [p.array.strides for p in params]
    make, options = KINDS[kind]
    optimizer = make(params, **options)
    (flat,) = optimizer.flats()
    for p, values, stride in zip(params, before, strides, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), values)
        assert p.array.strides == stride
        assert np.shares_memory(p.array, flat.values)
    steps(params, optimizer, 2)
    assert all(np.shares_memory(p.grad.array, flat.gradients) for p in params)
    for p, values in zip(params, before, strict=True):
        assert not np.array_equal(p.detach().numpy(), values)


def test_parameter_without_gradient_stays():
    """Neither weight decay nor momentum touch it."""
    params = parameters()
    frozen = params[1].detach().numpy().copy()
    optimizer = SGD(params, lr=0.1, momentum=0.9, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss_of([params[0], params[2]]).backward()
        optimizer.step()
    np.testing.assert_array_equal(params[1].detach().numpy(), frozen)
    assert params[1].grad is None


def test_gradient_set_by_hand_counts():
    (p, *_) = parameters()
    before = p.tolist()
    optimizer = SGD([p], lr=1.0)
    p.grad = dl.ones(3)
    optimizer.step()
    np.testing.assert_allclose(p.tolist(), np.subtract(before, 1.0), rtol=1e-6)


def test_memory_replaced_from_outside_is_taken_back():
    (p, *_) = parameters()
    optimizer = SGD([p], lr=1.0)
    p.array = dl.zeros(3).array
    p.grad = dl.ones(3)
    optimizer.step()
    assert p.tolist() == [-1.0, -1.0, -1.0]


def test_dtype_changed_from_outside_is_refused():
    (p, *_) = parameters()
    optimizer = SGD([p], lr=1.0)
    p.array = dl.zeros(3, dtype="float64").array
    p.grad = dl.ones(3)
    with pytest.raises(OptionError, match="before making the optimizer"):
        optimizer.step()


def test_groups_have_their_own_options():
    a, b, _ = parameters()
    first, second = a.detach().numpy().copy(), b.detach().numpy().copy()
    optimizer = SGD([{"params": [a]}, {"params": [b], "lr": 0.0}], lr=0.1)
    steps([a, b], optimizer, 1)
    assert not np.array_equal(a.detach().numpy(), first)
    np.testing.assert_array_equal(b.detach().numpy(), second)


def test_zero_grad_keeping_memory():
    params = parameters()
    optimizer = SGD(params, lr=0.1)
    loss_of(params).backward()
    optimizer.zero_grad(set_to_none=False)
    assert all(not p.grad.numpy().any() for p in params)


def test_closure_is_evaluated_with_gradients():
    (p, *_) = parameters()
    optimizer = SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = loss_of([p])
        loss.backward()
        return loss

    with dl.no_grad():
        first = optimizer.step(closure).item()
        assert optimizer.step(closure).item() < first


@pytest.mark.parametrize("kind", KINDS)
def test_state_round_trip_continues_the_same(kind):
    make, options = KINDS[kind]
    straight, stopped = parameters(), parameters()
    steps(straight, make(straight, **options), 6)
    first = make(stopped, **options)
    steps(stopped, first, 3)
    state = first.state_dict()
    resumed = [Parameter(p.detach().clone()) for p in stopped]
    second = make(resumed, **options)
    second.load_state_dict(state)
    steps(resumed, second, 3)
    for one, other in zip(straight, resumed, strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())


def test_state_of_another_model_is_refused():
    state = SGD(parameters(), lr=0.1).state_dict()
    with pytest.raises(ShapeError, match=r"\[1\].*\[3\]"):
        SGD(parameters()[:1], lr=0.1).load_state_dict(state)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: SGD([], lr=0.1), "at least one parameter"),
        (lambda: SGD(parameters()[:1] * 2, lr=0.1), "twice"),
        (lambda: SGD(parameters(), lr=-1.0), "lr >= 0"),
        (lambda: SGD(parameters(), lr=float("nan")), "lr >= 0"),
        (lambda: SGD(parameters(), lr=0.1, nesterov=True), "momentum"),
        (lambda: Adam(parameters(), betas=(0.9, 1.0)), "betas"),
        (lambda: Adagrad(parameters(), lr_decay=-1.0), "lr_decay >= 0"),
        (lambda: RMSprop(parameters(), alpha=-1.0), "alpha >= 0"),
        (lambda: Rprop(parameters(), etas=(1.2, 0.5)), "etas"),
        (lambda: Rprop(parameters(), step_sizes=(2.0, 1.0)), "step_sizes"),
    ],
    ids=str,
)
def test_options_that_make_no_sense(act, words):
    with pytest.raises(OptionError, match=words):
        act()


def test_parameter_that_is_frozen_at_first_trains_once_it_is_thawed():
    a, b, _ = parameters()
    b.requires_grad_(False)
    before = b.detach().numpy().copy()
    optimizer = SGD([a, b], lr=0.1)
    steps([a, b], optimizer, 1)
    np.testing.assert_array_equal(b.detach().numpy(), before)
    b.requires_grad_()
    steps([a, b], optimizer, 1)
    assert not np.array_equal(b.detach().numpy(), before)


def test_one_parameter_makes_a_group():
    a, *_ = parameters()
    assert SGD([{"params": a}], lr=0.1).param_groups[0]["params"] == [a]


def test_what_is_no_leaf_is_refused():
    a, *_ = parameters()
    for params, words in ((a, "a tensor"), ([a * 2], "multiply"), ([1.0], "a float")):
        with pytest.raises(OptionError, match=f"received .*{words}"):
            SGD(params, lr=0.1)


def test_state_of_another_shape_changes_nothing():
    a, b, _ = parameters()
    state = Adam([b], lr=0.5).state_dict()
    optimizer = Adam([a], lr=0.1)
    with pytest.raises(ShapeError, match=r"exp_avg of parameter 0 of shape \(3,\)"):
        optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_loading_a_fresh_state_starts_anew():
    a, *_ = parameters()
    optimizer = Adam([a], lr=0.1)
    fresh = {**optimizer.state_dict(), "state": {}}
    steps([a], optimizer, 2)
    optimizer.load_state_dict(fresh)
    state = optimizer.state_dict()["state"][0]
    assert state["step"].item() == 0
    assert not state["exp_avg"].numpy().any()


@pytest.mark.parametrize("kind", KINDS)
def test_options_come_back_from_json(kind):
    make, options = KINDS[kind]
    straight, stopped = parameters(), parameters()
    steps(straight, make(straight, **options), 4)
    first = make(stopped, **options)
    steps(stopped, first, 2)
    state = first.state_dict()
    groups = json.loads(json.dumps(state["param_groups"]))
    resumed = make(stopped)
    resumed.load_state_dict({"state": state["state"], "param_groups": groups})
    steps(stopped, resumed, 2)
    for one, other in zip(straight, stopped, strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_steps_are_the_eager_ones(kind):
    """Also with gradients that are absent at times, and a rate that changes."""
    make, options = KINDS[kind]

    def run(prepare):
        first, second, _ = parameters()
        optimizer = make([first, second], **options)

        def step(both):
            optimizer.zero_grad()
            loss = (first * first).sum()
            if both:
                loss = loss + (second * second).sum()
            loss.backward()
            optimizer.step()

        step = prepare(step)
        for number in range(9):
            optimizer.param_groups[0]["lr"] *= 0.9
            step(number % 3 != 1)
        return [p.detach().numpy().tobytes() for p in (first, second)]

    assert run(dl.compile) == run(lambda step: step)


@pytest.mark.parametrize("kind", KINDS)
def test_skipped_step_changes_nothing(kind):
    make, options = KINDS[kind]
    params = parameters()
    optimizer, scaler = make(params, **options), GradScaler(init_scale=8.0)

    def step(factor):
        optimizer.zero_grad()
        scaler.scale(loss_of(params) * factor).backward()
        scaler.step(optimizer)
        scaler.update()

    def seen():
        states = optimizer.state_dict()["state"]
        return [p.detach().numpy().tobytes() for p in params], [
            value.numpy().tobytes() for state in states.values() for value in state.values()
        ]

    step(1.0)
    before = seen()
    step(float("inf"))
    assert seen() == before
    step(1.0)
    assert all(one != other for one, other in zip(seen()[0], before[0], strict=True))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_16_bit_parameters_follow_32_bit_ones(kind, dtype):
    make, options = KINDS[kind]
    full = parameters()
    half = [Parameter(p.detach().to(dtype)) for p in full]
    steps(full, make(full, **options), 5)
    optimizer = make(half, **options)
    steps(half, optimizer, 5)
    eps = 2.0**-10 if dtype == "float16" else 2.0**-7
    for one, other in zip(half, full, strict=True):
        assert str(one.dtype) == dtype
        values = one.detach().float().numpy()
        np.testing.assert_allclose(values, other.detach().numpy(), rtol=20 * eps, atol=20 * eps)
    states = optimizer.state_dict()["state"].values()
    assert {str(v.dtype) for s in states for n, v in s.items() if n != "step"} <= {dtype}


def test_an_option_that_needs_more_state_can_be_switched_on():
    def run(prepare):
        params = parameters()
        optimizer = Adam(params, lr=0.1, betas=(0.5, 0.6))
        step = prepare(lambda: steps(params, optimizer, 1))
        step()
        optimizer.param_groups[0]["amsgrad"] = True
        for _ in range(4):
            step()
        state = optimizer.state_dict()["state"][0]
        assert (state["max_exp_avg_sq"].numpy() > state["exp_avg_sq"].numpy()).any()
        return {name: value.tolist() for name, value in state.items()}

    assert run(dl.compile) == run(lambda step: step)


def test_one_launch_for_all_parameters_unless_norms_are_taken():
    for make, launches in ((Adam, 1), (LAMB, 3)):
        params = parameters()
        optimizer = make(params, lr=0.1)
        loss_of(params).backward()
        with recording() as program:
            optimizer.step()
        calls = [step for step in program.steps if isinstance(step, Call)]
        assert sum(call.primitive.name == "update" for call in calls) == launches
