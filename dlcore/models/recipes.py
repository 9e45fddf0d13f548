"""Recipes: how the models are trained, by data set ("" for all others)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How a model is trained on a data set unless the user says otherwise.

    Attributes:
        lr: the highest learning rate.
        batch_size: samples in a step.
        epochs: passes over the data.
        optimizer: "sgd", "adam", "adamw", ...
        momentum: of SGD; None for optimizers that have none.
        weight_decay: of the optimizer.
        schedule: of the learning rate: "cosine" rises over the first tenth of all steps and then
            falls to zero; others are "constant", "step", "multistep", "exponential", "onecycle",
            "linear" and "plateau".
        augment: changes of training images: "flip" left to right, and "crop" after padding by an
            eighth of the size.
    """

    lr: float
    batch_size: int
    epochs: int
    optimizer: str = "sgd"
    momentum: float | None = 0.9
    weight_decay: float = 0.0
    schedule: str = "cosine"
    augment: tuple[str, ...] = ()


Recipes = Mapping[str, Recipe]


def _sgd(lr: float, batch: int, epochs: int, decay: float, *augment: str) -> Recipe:
    return Recipe(lr, batch, epochs, weight_decay=decay, augment=augment)


def _adam(lr: float, batch: int, epochs: int, *augment: str) -> Recipe:
    return Recipe(lr, batch, epochs, optimizer="adam", momentum=None, augment=augment)


CIFAR = ("cifar10", "cifar100")

MLP: Recipes = {
    "mnist": _adam(1e-3, 128, 10),
    "fashion-mnist": _adam(1e-3, 128, 10),
    "": _adam(1e-3, 32, 50),
}
# On the digits a low rate is worth 0.3 points, and 16 bits then follow fp32 more closely.
LENET: Recipes = {
    "digits": _sgd(0.01, 64, 30, 5e-4),
    "mnist": _sgd(0.05, 64, 3, 5e-4),
    "fashion-mnist": _sgd(0.05, 64, 15, 5e-4, "flip"),
    "": _sgd(0.05, 64, 10, 5e-4),
}
# The book trains both for 20 epochs at a constant rate; one that falls to zero needs half as many.
BOOK: Recipes = {
    "mnist": _adam(1e-3, 100, 10),
    "fashion-mnist": _adam(1e-3, 100, 15, "flip"),
    "": _adam(1e-3, 100, 20),
}
# Rates of the papers for large images, and for CIFAR-10 the usual ones of short runs.
VGG: Recipes = {
    **dict.fromkeys(CIFAR, _sgd(0.02, 128, 30, 5e-4, "flip", "crop")),
    "": _sgd(0.01, 64, 60, 5e-4, "flip", "crop"),
}
RESNET: Recipes = {
    **dict.fromkeys(CIFAR, _sgd(0.1, 128, 30, 5e-4, "flip", "crop")),
    "": _sgd(0.05, 64, 60, 1e-4, "flip", "crop"),
}
# Digits and letters are others in a mirror: only what is known to bear it is flipped.
CIFAR_RESNET: Recipes = {
    **dict.fromkeys(CIFAR, _sgd(0.1, 128, 20, 5e-4, "flip", "crop")),
    "fashion-mnist": _sgd(0.1, 128, 15, 5e-4, "flip", "crop"),
    "mnist": _sgd(0.1, 128, 5, 5e-4, "crop"),
    "": _sgd(0.1, 64, 20, 5e-4, "crop"),
}
