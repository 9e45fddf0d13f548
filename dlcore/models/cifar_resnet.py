"""The narrow ResNets that were published for CIFAR-10's images of 32 x 32.

Source: He et al., Deep residual learning for image recognition, 2015 (arXiv 1512.03385),
section 4.2.
"""

from __future__ import annotations

from typing import Any

from dlcore.backend.base import Backend
from dlcore.backend.interface.checks import require_option
from dlcore.errors import OptionError
from dlcore.models.resnet import BasicBlock, ResNet, Shortcut, projection
from dlcore.nn.module import Module
from dlcore.ops.pad import pad
from dlcore.tensors import Tensor


class ZeroPadding(Module):
    """The shortcut without parameters (option A): every second pixel, and channels of zeros.

    Half of the zeros come before the channels, half after.

    Shapes: (N, before, H, W) to (N, after, H / stride, W / stride), rounded up.
    """

    def __init__(self, before: int, after: int, stride: int, device: str | Backend = "cpu") -> None:
        self.stride = stride
        self.front = (after - before) // 2
        self.back = after - before - self.front

    def forward(self, x: Tensor) -> Tensor:
        kept = x[:, :, :: self.stride, :: self.stride]
        return pad(kept, (0, 0, 0, 0, self.front, self.back))


SHORTCUTS: dict[str, Shortcut] = {"A": ZeroPadding, "B": projection}


def resnet_for_cifar(
    depth: int, num_classes: int = 10, option: str = "A", **options: Any
) -> ResNet:
    """A ResNet of three stages with 16, 32 and 64 channels.

    Args:
        depth: 6 n + 2 for n blocks a stage.
        num_classes: how many logits.
        option: "A" for shortcuts without parameters, as published; "B" for convolutions of 1 x 1.
        options: others of `ResNet`, such as in_channels and device.

    Raises:
        OptionError: no such depth or option.
    """
    blocks, rest = divmod(depth - 2, 6)
    if rest or blocks < 1:
        raise OptionError(
            "resnet_for_cifar",
            expected="a depth of 6 n + 2: 8, 14, 20, ...",
            received=str(depth),
            remedy="choose for example 20",
        )
    require_option("resnet_for_cifar", "option", option, SHORTCUTS)
    return ResNet(
        BasicBlock,
        (blocks,) * 3,
        num_classes,
        small_images=True,
        widths=(16, 32, 64),
        shortcut=SHORTCUTS[option],
        **options,
    )


def resnet20(**options: Any) -> ResNet:
    """ResNet-20 for CIFAR-10: three stages of three blocks, 16 to 64 channels."""
    return resnet_for_cifar(20, **options)


def resnet32(**options: Any) -> ResNet:
    """ResNet-32 for CIFAR-10: three stages of five blocks, 16 to 64 channels."""
    return resnet_for_cifar(32, **options)


def resnet44(**options: Any) -> ResNet:
    """ResNet-44 for CIFAR-10: three stages of seven blocks, 16 to 64 channels."""
    return resnet_for_cifar(44, **options)


def resnet56(**options: Any) -> ResNet:
    """ResNet-56 for CIFAR-10: three stages of nine blocks, 16 to 64 channels."""
    return resnet_for_cifar(56, **options)


def resnet110(**options: Any) -> ResNet:
    """ResNet-110 for CIFAR-10: three stages of eighteen blocks, 16 to 64 channels."""
    return resnet_for_cifar(110, **options)
