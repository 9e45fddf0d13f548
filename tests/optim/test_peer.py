"""Optimizers and schedules step by step beside PyTorch's."""

from inspect import signature

import numpy as np
import pytest

import dlcore as dl
from dlcore.nn.module import Parameter
from tests.optim.kinds import KINDS, PEERS, parameters, some_without_gradients, steps
from tests.optim.schedules import SCHEDULES

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is an optional peer")


def beside(torch, kind, ours):
    """Our optimizer over our parameters, PyTorch's over the same values, and those."""
    theirs = [torch.tensor(p.detach().numpy().copy(), requires_grad=True) for p in ours]
    make, options = KINDS[kind]
    return make(ours, **options), getattr(torch.optim, make.__name__)(theirs, **options), theirs


def assert_equal(ours, theirs, tolerance):
    for one, two in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            one.detach().numpy(), two.detach().numpy(), rtol=tolerance, atol=tolerance
        )


RUNS = [
    *((kind, schedule) for kind in PEERS for schedule in ("step", "one cycle, line", "none")),
    *(("momentum", schedule) for schedule in SCHEDULES),
    *(("adam", schedule) for schedule in ("one cycle", "cyclic")),
]
CYCLING = {"one cycle, line", "one cycle", "cyclic"}  # these need a momentum


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "schedule"), RUNS)
def test_trajectory_follows_pytorch(torch, kind, schedule, dtype):
    ours = parameters(dtype)
    optimizer, peer, theirs = beside(torch, kind, ours)
    make = SCHEDULES[schedule]
    mine, other = make(dl.optim, optimizer), make(torch.optim.lr_scheduler, peer)
    for _ in range(20):
        assert_rates_equal(optimizer, peer)
        steps(ours, optimizer, 1)
        peer.zero_grad()
        sum(((p - 0.5) ** 2).sum() * (i + 1) for i, p in enumerate(theirs)).backward()
        peer.step()
        mine.step()
        other.step()
    assert_equal(ours, theirs, 1e-12 if dtype == "float64" else 2e-5)


def assert_rates_equal(optimizer, peer):
    for ours, theirs in zip(optimizer.param_groups, peer.param_groups, strict=True):
        for name in {"lr", "momentum", "betas"} & theirs.keys():
            assert ours[name] == pytest.approx(theirs[name], rel=1e-12)


@pytest.mark.parametrize("kind", PEERS)
def test_counts_are_each_parameters_own(torch, kind):
    """Bias corrections and the first step's momentum count steps with a gradient; saved, too."""
    ours = parameters()[:2]
    optimizer, peer, theirs = beside(torch, kind, ours)
    some_without_gradients(optimizer, *ours, 7)
    some_without_gradients(peer, *theirs, 7)
    make, options = KINDS[kind]
    resumed = make(ours, **options)
    resumed.load_state_dict(optimizer.state_dict())
    some_without_gradients(resumed, *ours, 7)
    some_without_gradients(peer, *theirs, 7)
    assert_equal(ours, theirs, 2e-5)


SWITCHES = {
    "momentum": {"nesterov": True, "maximize": True},
    "adam": {"amsgrad": True, "betas": (0.3, 0.4)},
    "rmsprop": {"centered": True, "eps": 0.1},
}


@pytest.mark.parametrize("kind", SWITCHES)
def test_groups_of_different_rules(torch, kind):
    ours = parameters()
    theirs = [torch.tensor(p.detach().numpy().copy(), requires_grad=True) for p in ours]
    make, options = KINDS[kind]

    def groups(params):
        return [{"params": params[:2]}, {"params": params[2:], **SWITCHES[kind]}]

    optimizer = make(groups(ours), **options)
    peer = getattr(torch.optim, make.__name__)(groups(theirs), **options)
    some_without_gradients(optimizer, ours[0], ours[2], 7)
    some_without_gradients(peer, theirs[0], theirs[2], 7)
    assert_equal(ours, theirs, 2e-5)


@pytest.mark.parametrize("kind", [kind for kind in PEERS if kind != "plain"])
def test_state_from_pytorch_continues(torch, kind):
    optimizer, peer, theirs = beside(torch, kind, parameters()[:2])
    some_without_gradients(peer, *theirs, 4)
    ours = [Parameter(dl.tensor(p.detach().numpy())) for p in theirs]
    make, options = KINDS[kind]
    optimizer = make(ours)  # the options come with the state
    optimizer.load_state_dict(peer.state_dict())
    assert optimizer.param_groups[0]["lr"] == options.get("lr", optimizer.defaults["lr"])
    some_without_gradients(peer, *theirs, 4)
    some_without_gradients(optimizer, *ours, 4)
    assert_equal(ours, theirs, 2e-5)


LEFT_OUT = {"foreach", "fused", "capturable", "differentiable"}


@pytest.mark.parametrize("name", [name for name in dl.optim.__all__ if name[0].isupper()])
def test_arguments_and_defaults_are_pytorchs(torch, name):
    """Without what has no meaning here; PyTorch writes some defaults as integers."""
    peers = {**vars(torch.amp), **vars(torch.optim), **vars(torch.optim.lr_scheduler)}
    if name not in peers:
        assert name in {"LAMB", "LARS", "OPTIMIZERS", "SCHEDULES"}
        return
    ours, theirs = (
        {
            parameter.name: parameter.default
            for parameter in signature(kind).parameters.values()
            if parameter.name not in LEFT_OUT
        }
        for kind in (getattr(dl.optim, name), peers[name])
    )
    if name == "GradScaler":  # the device comes last, and has another default
        assert ours.keys() == theirs.keys()
    else:
        assert list(ours.items()) == list(theirs.items())
