"""ResNet: published names and sizes, first values, both stems."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import OptionError, ShapeError
from dlcore.models import (
    BasicBlock,
    Bottleneck,
    ResNet,
    resnet18,
    resnet18_cifar,
    resnet34,
    resnet50,
)
from tests.models import layouts
from tests.models.steps import batch, losses


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (resnet18, layouts.resnet((2, 2, 2, 2), 2, {2, 3, 4})),
        (resnet18_cifar, layouts.resnet((2, 2, 2, 2), 2, {2, 3, 4})),
        (resnet34, layouts.resnet((3, 4, 6, 3), 2, {2, 3, 4})),
        (resnet50, layouts.resnet((3, 4, 6, 3), 3, {1, 2, 3, 4})),
    ],
)
def test_published_names(make, names):
    assert list(make(device="meta").state_dict()) == names


@pytest.mark.parametrize(("make", "size"), [(resnet18, 7), (resnet18_cifar, 28), (resnet50, 7)])
def test_stages_divide_the_size(make, size):
    """By 32 in all; by 8 with the stem for small images."""
    model = make(device="meta")
    shapes = []
    model.layer4.register_forward_hook(lambda module, inputs, output: shapes.append(output.shape))
    model(dl.zeros(1, 3, 224, 224, device="meta"))
    assert shapes == [(1, model.fc.in_features, size, size)]


def small(block, **options):
    random.manual_seed(0)
    return ResNet(block, (1, 1), 10, small_images=True, widths=(8, 16), **options)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_steps_lower_the_loss(block):
    seen = losses(small(block), *batch((10, 3, 8, 8)), lr=0.05)
    assert seen[-1] < seen[0]


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_blocks_can_begin_as_their_shortcut(block):
    x, _ = batch((2, 8 * block.expansion, 8, 8))
    for zero in (True, False):
        first = small(block, zero_init_residual=zero).layer2[0]
        same = np.array_equal(
            first(x).detach().numpy(), first.downsample(x).relu().detach().numpy()
        )
        assert same == zero


@pytest.mark.parametrize(("block", "last"), [(BasicBlock, "bn2"), (Bottleneck, "bn3")])
def test_only_the_last_scale_begins_at_zero(block, last):
    scales = small(block, zero_init_residual=True).layer2[0].named_parameters()
    zeros = {name for name, values in scales if not values.detach().numpy().any()}
    assert {name for name in zeros if name.endswith("weight")} == {f"{last}.weight"}


def test_convolutions_start_by_fan_out():
    random.manual_seed(0)
    weight = ResNet(BasicBlock, (1,), widths=(64,)).conv1.weight.detach().numpy()
    assert weight.std() == pytest.approx((2 / (64 * 49)) ** 0.5, rel=0.03)


def test_wrong_channels_name_the_layer():
    with pytest.raises(ShapeError, match=r"^conv1: conv2d: expected .*3 .*received .*1"):
        resnet18(device="meta")(dl.zeros(2, 1, 32, 32, device="meta"))


def test_a_block_without_the_shortcut_that_it_needs_names_both_shapes():
    with pytest.raises(ShapeError, match=r"\(2, 16, 4, 4\).*\(2, 8, 8, 8\)"):
        BasicBlock(8, 16, stride=2)(dl.zeros(2, 8, 8, 8))


def test_layers_without_widths():
    with pytest.raises(OptionError, match=r"ResNet: expected layers for 4 stages.*\(2, 2\)"):
        ResNet(BasicBlock, (2, 2), device="meta")


def test_16_bits_pass_the_shortcuts():
    x, y = batch((10, 3, 8, 8))
    model = small(BasicBlock)
    with dl.autocast("float16"):
        loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    assert all(np.isfinite(p.grad.numpy()).all() for p in model.parameters())
