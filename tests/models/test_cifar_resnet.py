"""ResNets for CIFAR-10: both shortcuts, published names and sizes."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import OptionError
from dlcore.models import resnet20, resnet_for_cifar
from dlcore.models.cifar_resnet import ZeroPadding
from dlcore.optim import SGD
from tests.models import layouts
from tests.models.steps import batch, losses


def test_published_names():
    assert list(resnet20(device="meta").state_dict()) == layouts.resnet((3, 3, 3), 2, ())
    names = layouts.resnet((3, 3, 3), 2, {2, 3})
    assert list(resnet20(option="B", device="meta").state_dict()) == names


@pytest.mark.parametrize(("option", "count"), [("A", 269_722), ("B", 272_474)])
def test_published_sizes(option, count):
    model = resnet20(option=option, device="meta")
    assert sum(parameter.numel() for parameter in model.parameters()) == count


def test_zero_padding():
    x, _ = batch((2, 3, 5, 5))
    y = ZeroPadding(3, 6, stride=2)(x).numpy()
    assert y.shape == (2, 6, 3, 3)
    np.testing.assert_array_equal(y[:, 1:4], x.numpy()[:, :, ::2, ::2])
    assert not y[:, [0, 4, 5]].any()


@pytest.mark.parametrize("option", ["A", "B"])
def test_steps_lower_the_loss(option):
    random.manual_seed(0)
    seen = losses(resnet_for_cifar(8, option=option), *batch((10, 3, 16, 16)), lr=0.1)
    assert seen[-1] < seen[0]


@pytest.mark.parametrize("fusion", [False, True])
def test_recorded_steps_are_the_eager_ones(fusion, monkeypatch):
    """Views and padding in the shortcuts included; fused, sums are in another order."""
    x, y = batch((10, 3, 16, 16))
    monkeypatch.setattr(x.backend.configuration, "fusion", fusion)
    seen = []
    for recorded in (False, True):
        random.manual_seed(0)
        model = resnet_for_cifar(8)
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x, y, model=model, optimizer=optimizer):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.detach()

        run = dl.compile(step) if recorded else step
        seen.append([run(x, y).item() for _ in range(4)])
    assert seen[1] == (pytest.approx(seen[0], rel=1e-4) if fusion else seen[0])


@pytest.mark.parametrize(
    ("options", "words"), [({"depth": 18}, "6 n"), ({"depth": 2}, "6 n"), ({"option": "C"}, "A, B")]
)
def test_no_such_network(options, words):
    with pytest.raises(OptionError, match=f"resnet_for_cifar: expected .*{words}"):
        resnet_for_cifar(**{"depth": 20, "device": "meta", **options})
