"""ResNet: blocks that add what they learn to what they were given.

Source: He et al., Deep residual learning for image recognition, 2015 (arXiv 1512.03385), table 1;
layout, names and first values as in torchvision, so that its published weights load. As there, the
second convolution of a bottleneck has the stride, where the paper gives it to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dlcore.backend.base import Backend
from dlcore.errors import OptionError
from dlcore.nn.activation import ReLU
from dlcore.nn.container import Sequential
from dlcore.nn.conv import Conv2d
from dlcore.nn.init import initialise
from dlcore.nn.linear import Identity, Linear
from dlcore.nn.module import Module
from dlcore.nn.norm import BatchNorm2d
from dlcore.nn.pool import AdaptiveAvgPool2d, MaxPool2d
from dlcore.ops.shape import flatten
from dlcore.tensors import Tensor

# Takes channels before and after, stride and device.
Shortcut = Callable[[int, int, int, "str | Backend"], Module]


def conv(before: int, after: int, kernel_size: int, stride: int, device: str | Backend) -> Conv2d:
    """A convolution without bias, padded so that stride 1 keeps the size."""
    return Conv2d(
        before,
        after,
        kernel_size,
        stride,
        padding=kernel_size // 2,
        bias=False,
        device=device,
        init="he_normal_fan_out",
    )


def projection(before: int, after: int, stride: int, device: str | Backend) -> Module:
    """The shortcut that is learned (option B of the paper): a convolution of 1 x 1."""
    return Sequential(conv(before, after, 1, stride, device), BatchNorm2d(after, device=device))


class BasicBlock(Module):
    """Two convolutions of 3 x 3, and the input added before the last ReLU.

    Shapes: (N, inplanes, H, W) to (N, planes, H / stride, W / stride), rounded up.

    Args:
        inplanes: channels of the input.
        planes: channels of both convolutions.
        stride: of the first one.
        downsample: the shortcut, where the input does not have the shape of the output.
        device: where the parameters live.
    """

    expansion = 1
    last_scale = "bn2.weight"

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        device: str | Backend = "cpu",
    ) -> None:
        self.conv1 = conv(inplanes, planes, 3, stride, device)
        self.bn1 = BatchNorm2d(planes, device=device)
        self.relu = ReLU()
        self.conv2 = conv(planes, planes, 3, 1, device)
        self.bn2 = BatchNorm2d(planes, device=device)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(y + shortcut)  # type: ignore[no-any-return]


class Bottleneck(Module):
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, and the input added before the last ReLU.

    Shapes: (N, inplanes, H, W) to (N, 4 planes, H / stride, W / stride), rounded up.

    Args:
        inplanes: channels of the input.
        planes: channels of the first two convolutions; the third has four times as many.
        stride: of the second one.
        downsample: the shortcut, where the input does not have the shape of the output.
        device: where the parameters live.
    """

    expansion = 4
    last_scale = "bn3.weight"

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        device: str | Backend = "cpu",
    ) -> None:
        self.conv1 = conv(inplanes, planes, 1, 1, device)
        self.bn1 = BatchNorm2d(planes, device=device)
        self.conv2 = conv(planes, planes, 3, stride, device)
        self.bn2 = BatchNorm2d(planes, device=device)
        self.conv3 = conv(planes, planes * self.expansion, 1, 1, device)
        self.bn3 = BatchNorm2d(planes * self.expansion, device=device)
        self.relu = ReLU()
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(y + shortcut)  # type: ignore[no-any-return]


Block = type[BasicBlock] | type[Bottleneck]


class ResNet(Module):
    """A convolution, stages of residual blocks that each halve the size, and one linear layer.

    Shapes: input (N, in_channels, H, W), output (N, num_classes) logits.

    Args:
        block: `BasicBlock` or `Bottleneck`.
        layers: how many blocks each stage has.
        num_classes: how many logits.
        zero_init_residual: start the last scale of each block at 0, so that the block begins as
            its shortcut. Source: Goyal et al. 2017 (arXiv 1706.02677), section 5.1.
        in_channels: 3 for colour images.
        small_images: begin with a convolution of 3 x 3 that keeps the size, in place of one of
            7 x 7 and pooling that divide it by 4.
        widths: planes of the blocks, for each stage.
        shortcut: makes the shortcuts of blocks that change the shape.
        device: where the parameters live.

    Raises:
        OptionError: another number of layers than of widths.
    """

    def __init__(
        self,
        block: Block,
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        in_channels: int = 3,
        small_images: bool = False,
        widths: Sequence[int] = (64, 128, 256, 512),
        shortcut: Shortcut = projection,
        device: str | Backend = "cpu",
    ) -> None:
        if len(layers) != len(widths):
            raise OptionError(
                "ResNet",
                expected=f"layers for {len(widths)} stages, one for each of widths",
                received=f"layers={tuple(layers)}",
                remedy="give both the same length",
            )
        kernel_size, stride = (3, 1) if small_images else (7, 2)
        self.conv1 = conv(in_channels, widths[0], kernel_size, stride, device)
        self.bn1 = BatchNorm2d(widths[0], device=device)
        self.relu = ReLU()
        self.maxpool = Identity() if small_images else MaxPool2d(3, 2, padding=1)
        self.stages = tuple(f"layer{number}" for number in range(1, len(layers) + 1))
        channels = widths[0]
        for name, blocks, planes in zip(self.stages, layers, widths, strict=True):
            stride = 1 if name == "layer1" else 2
            setattr(self, name, _stage(block, channels, planes, blocks, stride, shortcut, device))
            channels = planes * block.expansion
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc = Linear(channels, num_classes, device=device)
        if zero_init_residual:
            for module in self.modules():
                if isinstance(module, BasicBlock | Bottleneck):
                    initialise(module.get_parameter(module.last_scale), "zeros")

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.stages:
            x = getattr(self, name)(x)
        return self.fc(flatten(self.avgpool(x), 1))  # type: ignore[no-any-return]


def _stage(
    block: Block,
    channels: int,
    planes: int,
    blocks: int,
    stride: int,
    shortcut: Shortcut,
    device: str | Backend,
) -> Sequential:
    width = planes * block.expansion
    bridge = None
    if stride != 1 or channels != width:
        bridge = shortcut(channels, width, stride, device)
    first = block(channels, planes, stride, bridge, device)
    return Sequential(first, *(block(width, planes, device=device) for _ in range(1, blocks)))


def resnet18(**options: Any) -> ResNet:
    """ResNet-18: eight blocks of two convolutions."""
    return ResNet(BasicBlock, (2, 2, 2, 2), **options)


def resnet18_cifar(num_classes: int = 10, **options: Any) -> ResNet:
    """ResNet-18 for small images: its first convolution keeps the size."""
    return resnet18(num_classes=num_classes, small_images=True, **options)


def resnet34(**options: Any) -> ResNet:
    """ResNet-34: sixteen blocks of two convolutions."""
    return ResNet(BasicBlock, (3, 4, 6, 3), **options)


def resnet50(**options: Any) -> ResNet:
    """ResNet-50: sixteen blocks of three convolutions."""
    return ResNet(Bottleneck, (3, 4, 6, 3), **options)


def resnet101(**options: Any) -> ResNet:
    """ResNet-101: 33 blocks of three convolutions."""
    return ResNet(Bottleneck, (3, 4, 23, 3), **options)


def resnet152(**options: Any) -> ResNet:
    """ResNet-152: 50 blocks of three convolutions."""
    return ResNet(Bottleneck, (3, 8, 36, 3), **options)
