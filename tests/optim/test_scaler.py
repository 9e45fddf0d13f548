"""Loss scaling: skipped steps change nothing, the scale moves as PyTorch's, its state is saved."""

import weakref

import numpy as np
import pytest

import dlcore as dl
from dlcore import transaction
from dlcore.errors import OptionError
from dlcore.nn import BatchNorm1d
from dlcore.nn.module import Parameter
from dlcore.optim import SGD, GradScaler


def one_step(parameter, optimizer, scaler, factor):
    optimizer.zero_grad()
    scaler.scale((parameter * factor).sum()).backward()
    scaler.step(optimizer)
    scaler.update()


def setup(**options):
    parameter = Parameter(dl.ones(3))
    optimizer = SGD([parameter], lr=0.5, momentum=0.9)
    return parameter, optimizer, GradScaler(init_scale=8.0, growth_interval=2, **options)


def test_good_steps_are_as_without_scaling():
    scaled, optimizer, scaler = setup()
    plain = Parameter(dl.ones(3))
    plain_optimizer = SGD([plain], lr=0.5, momentum=0.9)
    for factor in (1.0, 2.0, 3.0):
        one_step(scaled, optimizer, scaler, factor)
        one_step(plain, plain_optimizer, GradScaler(enabled=False), factor)
    assert scaled.tolist() == plain.tolist()
    assert scaler.get_scale() == 16.0


@pytest.mark.parametrize("poison", [np.inf, -np.inf, np.nan])
def test_bad_step_changes_nothing_but_the_scale(poison):
    parameter, optimizer, scaler = setup()
    one_step(parameter, optimizer, scaler, 1.0)
    values, state = parameter.tolist(), optimizer.state_dict()["state"][0]
    momentum, count = state["momentum_buffer"].tolist(), state["step"].item()
    one_step(parameter, optimizer, scaler, poison)
    state = optimizer.state_dict()["state"][0]
    assert parameter.tolist() == values
    assert state["momentum_buffer"].tolist() == momentum
    assert state["step"].item() == count == 1
    assert scaler.get_scale() == 4.0
    one_step(parameter, optimizer, scaler, 1.0)
    assert parameter.tolist() != values


def test_skipped_step_takes_statistics_back():
    parameter, optimizer, scaler = setup()
    statistics = dl.zeros(2)
    for factor, expected in ((1.0, 1.0), (np.inf, 1.0), (1.0, 2.0)):
        transaction.keep(statistics)
        statistics.add_(1.0)
        one_step(parameter, optimizer, scaler, factor)
        assert statistics.tolist() == [expected, expected]


def test_unscaled_gradients_can_be_clipped_first():
    parameter, optimizer, scaler = setup()
    optimizer.zero_grad()
    scaler.scale((parameter * 3.0).sum()).backward()
    scaler.unscale_(optimizer)
    assert parameter.grad.tolist() == [3.0, 3.0, 3.0]
    parameter.grad.clamp_(max=1.0)
    scaler.step(optimizer)
    assert parameter.tolist() == [0.5, 0.5, 0.5]


def test_state_round_trip():
    parameter, optimizer, scaler = setup()
    one_step(parameter, optimizer, scaler, 1.0)
    other = GradScaler()
    other.load_state_dict(scaler.state_dict())
    assert other.state_dict() == scaler.state_dict()
    one_step(parameter, optimizer, other, 1.0)
    assert other.get_scale() == 16.0


@pytest.mark.peer
def test_scale_moves_as_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    parameter, optimizer, scaler = setup()
    theirs = torch.ones(3, requires_grad=True)
    their_optimizer = torch.optim.SGD([theirs], lr=0.5, momentum=0.9)
    their_scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    for factor in (1.0, np.inf, 2.0, 3.0, 1.0, np.nan, np.nan, 1.0):
        one_step(parameter, optimizer, scaler, factor)
        their_optimizer.zero_grad()
        their_scaler.scale((theirs * factor).sum()).backward()
        their_scaler.step(their_optimizer)
        their_scaler.update()
        assert scaler.get_scale() == their_scaler.get_scale()
        np.testing.assert_allclose(parameter.tolist(), theirs.tolist(), rtol=1e-6)


@pytest.mark.parametrize("unscaled", [True, False])
def test_two_optimizers_have_a_flag_each_and_one_scale(unscaled):
    first, one, scaler = setup()
    second, two, _ = setup()
    scaler.scale((first * np.inf).sum()).backward()
    scaler.scale(second.sum()).backward()
    if unscaled:
        scaler.unscale_(one)
        scaler.unscale_(two)
    scaler.step(one)
    scaler.step(two)
    scaler.update()
    assert first.tolist() == [1.0, 1.0, 1.0]
    assert second.tolist() == [0.5, 0.5, 0.5]
    assert scaler.get_scale() == 4.0


def test_calls_out_of_turn_are_refused():
    parameter, optimizer, scaler = setup()
    with pytest.raises(OptionError, match="update: expected a step"):
        scaler.update()
    scaler.scale(parameter.sum()).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(OptionError, match="unscale_"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(OptionError, match="one step between two updates"):
        scaler.step(optimizer)
    assert parameter.tolist() == [0.5, 0.5, 0.5]
    scaler.update(32.0)
    assert scaler.get_scale() == 32.0


def test_scale_never_grows_to_infinity():
    parameter, optimizer, _ = setup()
    scaler = GradScaler(init_scale=2.0**127, growth_interval=1)
    one_step(parameter, optimizer, scaler, 2.0**-126)
    assert scaler.get_scale() == 2.0**127


def test_statistics_that_were_loaded_stay_loaded():
    """A forward pass without a step remembers what it overwrote; loading ends that."""
    norm = BatchNorm1d(2)
    x = dl.tensor([[0.0, 1.0], [2.0, 5.0]])
    norm(x)
    norm.load_state_dict({**norm.state_dict(), "running_mean": dl.full((2,), 7.0)})
    optimizer, scaler = SGD(norm.parameters(), lr=0.1), GradScaler()
    scaler.scale((norm(x) * np.inf).sum()).backward()
    scaler.step(optimizer)
    assert norm.running_mean.tolist() == [7.0, 7.0]


def test_statistics_of_a_network_that_is_gone_are_forgotten():
    norm = BatchNorm1d(2)
    norm(dl.tensor([[0.0, 1.0], [2.0, 5.0]]))
    alive = weakref.ref(norm.running_mean)
    del norm
    assert alive() is None
