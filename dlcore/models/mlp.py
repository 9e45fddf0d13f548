"""Multilayer perceptrons, for rows of tables and small images alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dlcore.backend.base import Backend
from dlcore.nn.activation import ReLU
from dlcore.nn.container import Sequential
from dlcore.nn.dropout import Dropout
from dlcore.nn.linear import Linear
from dlcore.nn.module import Module
from dlcore.ops.shape import flatten
from dlcore.tensors import Tensor


class MLP(Module):
    """Linear layers with ReLU between them, for samples of any shape.

    Shapes: input (N, ...) with in_features values a sample, output (N, num_classes) logits.

    >>> MLP(4, 3, hidden=(8,))
    MLP(
      (layers): Sequential(
        (0): Linear(in_features=4, out_features=8, bias=True)
        (1): ReLU()
        (2): Linear(in_features=8, out_features=3, bias=True)
      )
    )

    Args:
        in_features: how many values a sample has.
        num_classes: how many logits; for regression how many numbers.
        hidden: sizes of the layers between; none for a linear model.
        dropout: probability of dropping after each of them; at 0 there are no such layers.
        device: where the parameters live.
    """

    def __init__(
        self,
        in_features: int = 784,
        num_classes: int = 10,
        hidden: Sequence[int] = (256, 128),
        dropout: float = 0.0,
        device: str | Backend = "cpu",
    ) -> None:
        layers: list[Module] = []
        for before, after in pairwise((in_features, *hidden)):
            layers += [Linear(before, after, device=device), ReLU()]
            if dropout:
                layers.append(Dropout(dropout))
        layers.append(Linear((in_features, *hidden)[-1], num_classes, device=device))
        self.layers = Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(flatten(x, 1))  # type: ignore[no-any-return]
