"""The CPU engine gives the same bits in every run, with any number of threads."""

import numpy as np
import pytest

pytest.importorskip("numba")

import dlcore as dl
from dlcore import nn
from dlcore.kernels.cpu import threads
from dlcore.models import resnet_for_cifar


def batches(count, size=8):
    generator = np.random.default_rng(3)
    for _ in range(count):
        x = generator.standard_normal((size, 3, 16, 16)).astype(np.float32)
        yield x, generator.integers(0, 10, size)


def trained(steps, *, device="cpu", depth=8, size=8, count=None, recorded=True, nudge=0, **options):
    """Losses and final weights of a small residual network.

    Args:
        count: threads.
        options: of the device's configuration.
    """
    threads.set_thread_count(count)
    configuration = dl.tensor(0.0).backend.configuration
    before = {name: getattr(configuration, name) for name in options}
    for name, value in options.items():
        setattr(configuration, name, value)
    try:
        dl.manual_seed(0)
        net = resnet_for_cifar(8)
        optimizer = dl.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

        def step(x, y):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            return loss.detach()

        run = dl.compile(step) if recorded else step
        losses = [run(dl.tensor(x), dl.tensor(y)).item() for x, y in batches(steps)]
        return losses, [value.numpy().copy() for value in net.state_dict().values()]
    finally:
        threads.set_thread_count(None)
        for name, value in before.items():
            setattr(configuration, name, value)


def assert_same_bits(one, other):
    assert one[0] == other[0]
    for x, y in zip(one[1], other[1], strict=True):
        assert x.tobytes() == y.tobytes()


@pytest.mark.parametrize(
    "steps", [pytest.param(8, id="few"), pytest.param(200, id="many", marks=pytest.mark.slow)]
)
def test_same_bits_in_every_run_with_one_thread_or_two(steps):
    first = trained(steps)
    assert_same_bits(trained(steps), first)
    assert_same_bits(trained(steps, count=1), first)


@pytest.mark.parametrize("winograd", [True, False])
def test_recorded_without_fusion_has_the_bits_of_eager_steps(winograd):
    options = {"fusion": False, "winograd": winograd}
    assert_same_bits(trained(8, **options), trained(8, recorded=False, **options))
