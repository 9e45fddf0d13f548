"""The two convolutional networks of "Deep Learning from Scratch".

Source: Saitoh, Deep Learning from Scratch, O'Reilly Japan 2016, chapters 7 and 8.
"""

from __future__ import annotations

from dlcore.backend.base import Backend
from dlcore.nn.activation import ReLU
from dlcore.nn.container import Sequential
from dlcore.nn.conv import Conv2d
from dlcore.nn.dropout import Dropout
from dlcore.nn.init import gaussian
from dlcore.nn.linear import Linear
from dlcore.nn.module import Module
from dlcore.nn.pool import MaxPool2d
from dlcore.ops.shape import flatten
from dlcore.tensors import Tensor


class SimpleConvNet(Module):
    """One convolution of 5 x 5 with pooling, then two linear layers: 433,890 parameters.

    Weights start normal with standard deviation 0.01.

    Shapes: input (N, in_channels, 28, 28), output (N, num_classes) logits.

    Args:
        num_classes: how many logits.
        in_channels: 1 for grey images.
        device: where the parameters live.

    Source: chapter 7.
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, device: str | Backend = "cpu"
    ) -> None:
        small = gaussian(0.01)
        self.features = Sequential(
            Conv2d(in_channels, 30, 5, device=device, init=small), ReLU(), MaxPool2d(2)
        )
        self.classifier = Sequential(
            Linear(30 * 12 * 12, 100, device=device, init=small),
            ReLU(),
            Linear(100, num_classes, device=device, init=small),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(flatten(self.features(x), 1))  # type: ignore[no-any-return]


class DeepConvNet(Module):
    """Six convolutions of 3 x 3 with pooling, then two linear layers: 123,552 parameters.

    The last dropout works on the logits, as published. Weights start He normal; those of the last
    layer with standard deviation 0.01, because large logits that come and go shut hidden units.

    Shapes: input (N, in_channels, 28, 28), output (N, num_classes) logits.

    Args:
        num_classes: how many logits.
        in_channels: 1 for grey images.
        device: where the parameters live.

    Source: chapter 8.
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, device: str | Backend = "cpu"
    ) -> None:
        layers: list[Module] = []
        channels = in_channels
        # Padding of 2 makes 16 x 16 pixels of 14 x 14, which the poolings to come can halve.
        for width, paddings in ((16, (1, 1)), (32, (1, 2)), (64, (1, 1))):
            for padding in paddings:
                layers += [Conv2d(channels, width, 3, padding=padding, device=device), ReLU()]
                channels = width
            layers.append(MaxPool2d(2))
        self.features = Sequential(*layers)
        self.classifier = Sequential(
            Linear(64 * 4 * 4, 50, device=device),
            ReLU(),
            Dropout(0.5),
            # He normal, 0.2, left 13 of 50 hidden units active after 250 steps on MNIST; this 30.
            Linear(50, num_classes, device=device, init=gaussian(0.01)),
            Dropout(0.5),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(flatten(self.features(x), 1))  # type: ignore[no-any-return]
