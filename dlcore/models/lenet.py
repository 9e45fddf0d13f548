"""LeNet-5, the convolutional network that read cheques.

Source: LeCun et al., Gradient-based learning applied to document recognition, 1998; with ReLU and
max pooling in place of tanh and trained averages.
"""

from __future__ import annotations

from dlcore.backend.base import Backend
from dlcore.nn.activation import ReLU
from dlcore.nn.container import Sequential
from dlcore.nn.conv import Conv2d
from dlcore.nn.linear import Linear
from dlcore.nn.module import Module
from dlcore.nn.pool import MaxPool2d
from dlcore.ops.shape import flatten
from dlcore.tensors import Tensor


class LeNet5(Module):
    """Two convolutions of 5 x 5 with pooling, then three linear layers: 61,706 parameters.

    Shapes: input (N, in_channels, 28, 28), output (N, num_classes) logits.

    Args:
        num_classes: how many logits.
        in_channels: 1 for grey images.
        device: where the parameters live.
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, device: str | Backend = "cpu"
    ) -> None:
        self.features = Sequential(
            Conv2d(in_channels, 6, 5, padding=2, device=device),
            ReLU(),
            MaxPool2d(2),
            Conv2d(6, 16, 5, device=device),
            ReLU(),
            MaxPool2d(2),
        )
        self.classifier = Sequential(
            Linear(16 * 5 * 5, 120, device=device),
            ReLU(),
            Linear(120, 84, device=device),
            ReLU(),
            Linear(84, num_classes, device=device),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(flatten(self.features(x), 1))  # type: ignore[no-any-return]
