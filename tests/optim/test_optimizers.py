"""Optimizers: flat memory, groups, state, and trajectories against PyTorch."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import OptionError, ShapeError
from dlcore.nn.module import Parameter
from dlcore.optim import SGD, Adam, AdamW, CosineAnnealingLR, LambdaLR, StepLR

KINDS = {
    "plain": (SGD, {"lr": 0.1}),
    "momentum": (SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    "nesterov": (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "dampened": (SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    "maximize": (SGD, {"lr": 0.1, "maximize": True}),
    "adam": (Adam, {"lr": 0.05, "weight_decay": 0.01}),
    "adamw": (AdamW, {"lr": 0.05}),
}


def parameters(dtype="float32"):
    """One of each kind: vector, matrix, convolution weight in channels-last memory."""
    generator = np.random.default_rng(0)
    made = [
        Parameter(dl.tensor(generator.standard_normal(shape).astype(dtype)))
        for shape in ((3,), (4, 3))
    ]
    weight = generator.standard_normal((2, 3, 3, 5)).astype(dtype).transpose(0, 3, 1, 2)
    return [*made, Parameter(dl.tensor(weight))]


def loss_of(params):
    return sum(
        (((p - 0.5) * (p - 0.5)).sum() * (i + 1) for i, p in enumerate(params)), dl.zeros(())
    )


def steps(params, optimizer, count):
    for _ in range(count):
        optimizer.zero_grad()
        loss_of(params).backward()
        optimizer.step()


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
    ],
    ids=["none", "twice", "negative", "nan", "nesterov", "betas"],
)
def test_options_that_make_no_sense(act, words):
    with pytest.raises(OptionError, match=words):
        act()


SCHEDULES = {
    "step": (lambda o: StepLR(o, 3, 0.5), lambda t, o: t.StepLR(o, 3, 0.5)),
    "cosine": (
        lambda o: CosineAnnealingLR(o, 20, 0.01),
        lambda t, o: t.CosineAnnealingLR(o, 20, 0.01),
    ),
    "lambda": (
        lambda o: LambdaLR(o, lambda n: 1 / (n + 1)),
        lambda t, o: t.LambdaLR(o, lambda n: 1 / (n + 1)),
    ),
}


@pytest.mark.peer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", KINDS)
def test_trajectory_follows_pytorch(kind, schedule, dtype):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    ours = parameters(dtype)
    theirs = [torch.tensor(p.detach().numpy().copy(), requires_grad=True) for p in ours]
    make, options = KINDS[kind]
    optimizer = make(ours, **options)
    peer = getattr(torch.optim, make.__name__)(theirs, **options)
    mine = SCHEDULES[schedule][0](optimizer)
    other = SCHEDULES[schedule][1](torch.optim.lr_scheduler, peer)
    for _ in range(20):
        steps(ours, optimizer, 1)
        peer.zero_grad()
        sum(((p - 0.5) ** 2).sum() * (i + 1) for i, p in enumerate(theirs)).backward()
        peer.step()
        mine.step()
        other.step()
        assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-12)
    for one, two in zip(ours, theirs, strict=True):
        tolerance = 1e-12 if dtype == "float64" else 2e-5
        np.testing.assert_allclose(
            one.detach().numpy(), two.detach().numpy(), rtol=tolerance, atol=tolerance
        )


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


def some_without_gradients(optimizer, first, second, count):
    for step in range(count):
        optimizer.zero_grad()
        loss = (first * first).sum()
        if step % 3 == 2:
            loss = loss + (second * second).sum()
        loss.backward()
        optimizer.step()


@pytest.mark.peer
@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_each_parameters_own_as_in_pytorch(kind):
    """Bias corrections and the first step's momentum count steps with a gradient; saved, too."""
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    make, options = KINDS[kind]
    first, second, _ = parameters()
    theirs = [torch.tensor(p.detach().numpy().copy(), requires_grad=True) for p in (first, second)]
    optimizer = make([first, second], **options)
    peer = getattr(torch.optim, make.__name__)(theirs, **options)
    some_without_gradients(optimizer, first, second, 7)
    some_without_gradients(peer, *theirs, 7)
    resumed = make([first, second], **options)
    resumed.load_state_dict(optimizer.state_dict())
    some_without_gradients(resumed, first, second, 7)
    some_without_gradients(peer, *theirs, 7)
    for one, two in zip((first, second), theirs, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), two.detach().numpy(), rtol=2e-5, atol=2e-5)


@pytest.mark.peer
@pytest.mark.parametrize("kind", ["momentum", "adam"])
def test_state_from_pytorch_continues(kind):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    make, options = KINDS[kind]
    first, second, _ = parameters()
    theirs = [torch.tensor(p.detach().numpy().copy(), requires_grad=True) for p in (first, second)]
    peer = getattr(torch.optim, make.__name__)(theirs, **options)
    some_without_gradients(peer, *theirs, 4)
    ours = [Parameter(dl.tensor(p.detach().numpy())) for p in theirs]
    optimizer = make(ours, **options)
    optimizer.load_state_dict(peer.state_dict())
    some_without_gradients(peer, *theirs, 4)
    some_without_gradients(optimizer, *ours, 4)
    for one, two in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), two.detach().numpy(), rtol=2e-5, atol=2e-5)
