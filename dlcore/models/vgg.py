"""VGG: convolutions of 3 x 3 throughout, and three large linear layers.

Source: Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition,
2015 (arXiv 1409.1556), table 1; layout, names and first values as in torchvision, so that its
published weights load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlcore.backend.base import Backend
from dlcore.errors import OptionError
from dlcore.nn.activation import ReLU
from dlcore.nn.container import Sequential
from dlcore.nn.conv import Conv2d
from dlcore.nn.dropout import Dropout
from dlcore.nn.init import gaussian
from dlcore.nn.linear import Linear
from dlcore.nn.module import Module
from dlcore.nn.norm import BatchNorm2d
from dlcore.nn.pool import AdaptiveAvgPool2d, MaxPool2d
from dlcore.ops.shape import flatten
from dlcore.tensors import Tensor

WIDTHS = (64, 128, 256, 512, 512)


class VGG(Module):
    """Five stages of convolutions, each ended by pooling, then three linear layers.

    Shapes: input (N, in_channels, H, W), H and W at least 32, output (N, num_classes) logits.

    Args:
        layers: how many convolutions each of the five stages has.
        num_classes: how many logits.
        dropout: probability of dropping before the second and third linear layer.
        batch_norm: whether one follows each convolution.
        in_channels: 3 for colour images.
        device: where the parameters live.

    Raises:
        OptionError: another number of layers than five.
    """

    def __init__(
        self,
        layers: Sequence[int],
        num_classes: int = 1000,
        dropout: float = 0.5,
        batch_norm: bool = False,
        in_channels: int = 3,
        device: str | Backend = "cpu",
    ) -> None:
        if len(layers) != len(WIDTHS):
            raise OptionError(
                "VGG",
                expected="layers for five stages",
                received=f"layers={tuple(layers)}",
                remedy="write for example layers=(1, 1, 2, 2, 2) for VGG-11",
            )
        self.features = Sequential(*_features(layers, batch_norm, in_channels, device))
        self.avgpool = AdaptiveAvgPool2d(7)
        small = gaussian(0.01)
        self.classifier = Sequential(
            Linear(WIDTHS[-1] * 7 * 7, 4096, device=device, init=small),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096, device=device, init=small),
            ReLU(),
            Dropout(dropout),
            Linear(4096, num_classes, device=device, init=small),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.avgpool(self.features(x))
        return self.classifier(flatten(x, 1))  # type: ignore[no-any-return]


def _features(
    layers: Sequence[int], batch_norm: bool, channels: int, device: str | Backend
) -> list[Module]:
    made: list[Module] = []
    for count, width in zip(layers, WIDTHS, strict=True):
        for _ in range(count):
            made.append(
                Conv2d(channels, width, 3, padding=1, device=device, init="he_normal_fan_out")
            )
            if batch_norm:
                made.append(BatchNorm2d(width, device=device))
            made.append(ReLU())
            channels = width
        made.append(MaxPool2d(2))
    return made


def vgg11(**options: Any) -> VGG:
    """VGG-11, configuration A: 8 convolutions and 3 linear layers."""
    return VGG((1, 1, 2, 2, 2), **options)


def vgg11_bn(**options: Any) -> VGG:
    """VGG-11 with batch norm."""
    return vgg11(batch_norm=True, **options)


def vgg13(**options: Any) -> VGG:
    """VGG-13, configuration B: 10 convolutions and 3 linear layers."""
    return VGG((2, 2, 2, 2, 2), **options)


def vgg13_bn(**options: Any) -> VGG:
    """VGG-13 with batch norm."""
    return vgg13(batch_norm=True, **options)


def vgg16(**options: Any) -> VGG:
    """VGG-16, configuration D: 13 convolutions and 3 linear layers."""
    return VGG((2, 2, 3, 3, 3), **options)


def vgg16_bn(**options: Any) -> VGG:
    """VGG-16 with batch norm."""
    return vgg16(batch_norm=True, **options)


def vgg19(**options: Any) -> VGG:
    """VGG-19, configuration E: 16 convolutions and 3 linear layers."""
    return VGG((2, 2, 4, 4, 4), **options)


def vgg19_bn(**options: Any) -> VGG:
    """VGG-19 with batch norm."""
    return vgg19(batch_norm=True, **options)
