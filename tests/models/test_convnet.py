"""The two networks of the book: layouts, sizes, first values."""

import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import ShapeError
from dlcore.models import DeepConvNet, SimpleConvNet
from tests.models.steps import batch, losses


@pytest.mark.parametrize(("make", "count"), [(SimpleConvNet, 433_890), (DeepConvNet, 123_552)])
def test_published_sizes(make, count):
    model = make(device="meta")
    assert sum(parameter.numel() for parameter in model.parameters()) == count
    assert model(dl.zeros(2, 1, 28, 28, device="meta")).shape == (2, 10)
    colour = make(num_classes=3, in_channels=3, device="meta")
    assert colour(dl.zeros(1, 3, 28, 28, device="meta")).shape == (1, 3)


def test_simple_convnet_starts_small():
    random.manual_seed(0)
    weights = SimpleConvNet().classifier[0].weight.detach().numpy()
    assert weights.std() == pytest.approx(0.01, rel=0.01)


def test_deep_convnet_starts_he_normal_but_for_the_logits():
    random.manual_seed(0)
    model = DeepConvNet()
    hidden, logits = model.classifier[0].weight, model.classifier[3].weight
    assert hidden.detach().numpy().std() == pytest.approx((2 / 1024) ** 0.5, rel=0.02)
    assert logits.detach().numpy().std() == pytest.approx(0.01, rel=0.1)


def test_deep_convnet_as_published():
    model = DeepConvNet(device="meta")
    convolutions = [layer for layer in model.features if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [16, 16, 32, 32, 64, 64]
    assert [layer.padding[0] for layer in convolutions] == [1, 1, 1, 2, 1, 1]
    kinds = [type(layer) for layer in model.classifier]
    assert kinds == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear, nn.Dropout]


@pytest.mark.parametrize(("make", "lr"), [(SimpleConvNet, 1.0), (DeepConvNet, 0.05)])
def test_steps_lower_the_loss(make, lr):
    random.manual_seed(0)
    model = make().eval()  # the dropout on the logits makes single losses jump
    seen = losses(model, *batch((16, 1, 28, 28)), lr=lr)
    assert seen[-1] < seen[0]


@pytest.mark.parametrize("make", [SimpleConvNet, DeepConvNet])
def test_another_size_is_noticed_at_the_first_linear_layer(make):
    with pytest.raises(ShapeError, match=r"^classifier\.0: linear"):
        make(device="meta")(dl.zeros(2, 1, 36, 36, device="meta"))
