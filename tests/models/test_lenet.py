"""LeNet-5: sizes, a step on every device, paths in errors."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import ShapeError
from dlcore.models import LeNet5
from dlcore.optim import SGD, Adam
from tests.models.steps import batch, losses


def test_published_sizes():
    model = LeNet5()
    assert sum(parameter.numel() for parameter in model.parameters()) == 61_706
    assert model(dl.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert LeNet5(3, 3)(dl.zeros(1, 3, 28, 28)).shape == (1, 3)


@pytest.mark.parametrize("make", [SGD, Adam])
@pytest.mark.parametrize("device", ["cpu", "numpy", "meta"])
def test_a_step_on_every_device(device, make):
    """On meta, everything but values: forward, backward, update."""
    model = LeNet5(device=device)
    optimizer = make(model.parameters(), lr=0.1)
    x = dl.zeros(4, 1, 28, 28, device=device)
    y = dl.tensor(np.arange(4), device=device)
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    assert (loss.shape, loss.device) == ((), device)
    for parameter in model.parameters():
        assert parameter.grad.shape == parameter.shape
        assert parameter.grad.array.strides == parameter.array.strides


def test_steps_lower_the_loss():
    random.manual_seed(0)
    seen = losses(LeNet5(), *batch((16, 1, 28, 28)), lr=0.05)
    assert seen[-1] < seen[0]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_wrong_channels_name_layer_and_remedy(device):
    """The same error with and without values: shapes are checked before anything is computed."""
    with pytest.raises(ShapeError, match=r"^features\.0: conv2d: expected .*1 .*received .*3"):
        LeNet5(device=device)(dl.zeros(2, 3, 28, 28, device=device))


def test_wrong_size_is_noticed_at_the_first_linear_layer():
    with pytest.raises(ShapeError, match=r"^classifier\.0: linear"):
        LeNet5()(dl.zeros(2, 1, 32, 32))
