"""VGG: published names and sizes, small images, errors that name the layer."""

import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import OptionError, ShapeError
from dlcore.models import VGG, vgg, vgg11, vgg11_bn
from tests.models import layouts
from tests.models.steps import batch, losses


def test_published_names():
    names = [*layouts.VGG11, *layouts.VGG_CLASSIFIER]
    assert list(vgg11(device="meta").state_dict()) == names
    names = [*layouts.VGG11_BN, *layouts.VGG_CLASSIFIER]
    assert list(vgg11_bn(device="meta").state_dict()) == names


@pytest.mark.parametrize("size", [32, 75])
def test_images_from_32_pixels_on(size):
    model = vgg11(num_classes=7, in_channels=1, device="meta")
    assert model(dl.zeros(2, 1, size, size, device="meta")).shape == (2, 7)


def test_images_too_small_name_the_layer():
    with pytest.raises(ShapeError, match=r"^features\.20: max_pool2d"):
        vgg11(device="meta")(dl.zeros(2, 3, 31, 31, device="meta"))


def test_wrong_channels_name_the_layer():
    with pytest.raises(ShapeError, match=r"^features\.0: conv2d: expected .*3 .*received .*1"):
        vgg11(device="meta")(dl.zeros(2, 1, 32, 32, device="meta"))


def test_wrong_number_of_stages():
    with pytest.raises(OptionError, match=r"VGG: expected .*five.*\(1, 1\)"):
        VGG((1, 1), device="meta")


@pytest.fixture
def narrow(monkeypatch, quick_values):
    """Few channels; the linear layers stay large."""
    monkeypatch.setattr(vgg, "WIDTHS", (4, 4, 4, 4, 4))


def test_first_values(monkeypatch, quick_values):
    """Convolutions by fan out, linear layers with standard deviation 0.01, biases 0."""
    monkeypatch.setattr(vgg, "WIDTHS", (128, 4, 4, 4, 4))
    model = vgg11(num_classes=10)
    first = model.features[0].weight.detach().numpy()
    assert first.std() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.05)
    assert model.classifier[3].weight.detach().numpy().std() == pytest.approx(0.01, rel=0.01)
    assert not model.classifier[3].bias.detach().numpy().any()


@pytest.mark.parametrize("batch_norm", [False, True])
def test_steps_lower_the_loss(narrow, batch_norm):
    random.manual_seed(0)
    model = vgg11(num_classes=10, dropout=0.0, batch_norm=batch_norm)
    assert [type(layer) for layer in model.classifier].count(nn.Dropout) == 2
    seen = losses(model, *batch((10, 3, 32, 32)), lr=0.05, steps=3)
    assert seen[-1] < seen[0]
