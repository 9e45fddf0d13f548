"""Fusion keeps what a recorded step computes, and leaves no pass for batch norm."""

from collections import Counter

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.backend import fusion
from dlcore.backend.numpy import NumpyBackend
from tests.backend.composed import COMPOSED


class Fusing(NumpyBackend):
    """NumPy with fused primitives that are compositions of its kernels."""

    kernels = NumpyBackend.kernels | COMPOSED

    def __init__(self, fuses):
        super().__init__("numpy")
        self.fuses, self.counts = fuses, Counter()

    def fused(self, calls, memory, own):
        if self.fuses:
            calls = fusion.fused(calls, own, lambda call, what: call.arrays[1].shape[2:] == (3, 3))
        self.counts.update(call.primitive.name for call in calls)
        return calls


class Block(nn.Module):
    def __init__(self, channels, out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU()
        self.short = None
        if stride > 1 or channels != out:
            self.short = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.short is None else self.short(x)))


def residual():
    layers = [nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU()]
    layers += [Block(4, 4), Block(4, 4), Block(4, 6, 2), Block(6, 6)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))


def plain():
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()]
    layers += [nn.BatchNorm2d(4), nn.Conv2d(4, 5, 3), nn.BatchNorm2d(5), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(45, 3))


def trained(fuses, make, precision=None, steps=4):
    """Losses, weights and statistics after some steps, and how often each primitive was called."""
    backend = Fusing(fuses)
    dl.manual_seed(1)
    net = make().to(backend)
    optimizer = dl.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    values = np.random.default_rng(0).standard_normal((5, 3, 8, 8)).astype(np.float32)
    x, labels = dl.tensor(values, device=backend), dl.tensor([0, 1, 2, 1, 0], device=backend)

    @dl.compile
    def step(x, labels):
        optimizer.zero_grad()
        with dl.autocast(precision or "float16", enabled=precision is not None):
            loss = nn.functional.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    losses = [step(x, labels).item() for _ in range(steps)]
    state = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    return losses, state, backend.counts


@pytest.mark.parametrize("make", [residual, plain])
@pytest.mark.parametrize("precision", [None, "bfloat16"])
def test_fused_steps_give_the_same(make, precision):
    losses, state, _ = trained(False, make, precision)
    fused_losses, fused_state, counts = trained(True, make, precision)
    assert fused_losses == pytest.approx(losses, rel=1e-6)
    for name, value in state.items():
        np.testing.assert_allclose(fused_state[name], value, rtol=1e-5, atol=1e-6, err_msg=name)
    assert counts["conv2d_backward"] > 0


def test_no_pass_of_their_own_for_norms_between_fusible_convolutions():
    """Left are the junctions, what stands around the 1 x 1 convolution, and the first layer."""
    counts = trained(True, residual)[2]
    assert counts["batch_norm"] == counts["batch_norm_gradient"] == 0
    assert counts["batch_statistics"] == 1  # of the shortcut
    assert counts["normalize"] == 5  # what the first block reads twice, and four junctions
    assert counts["norm_sums"] == 1  # behind the pool
    assert counts["conv2d_fused"] == 9
    assert counts["conv2d_backward"] == 8


def test_rectified_convolutions_store_once():
    counts = trained(True, plain)[2]
    assert counts["norm_sums"] == 1  # behind the pool
    assert counts["pointwise"] == 5  # two of the loss, two of statistics, the ReLU before the norm
    assert counts["reduce"] == 5  # two of the loss; a bias before a batch norm has nothing to sum
    assert (counts["conv2d_fused"], counts["conv2d"]) == (3, 0)
