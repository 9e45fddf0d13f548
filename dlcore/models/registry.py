"""Models by name, each with the recipe that trains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dlcore.backend.interface.checks import require_option
from dlcore.models.lenet import LeNet5
from dlcore.nn.module import Module


@dataclass(frozen=True)
class Recipe:
    """How a model is trained on a data set unless the user says otherwise.

    SGD with momentum; the learning rate rises over the first tenth of all steps and then follows
    a cosine to zero.
    """

    lr: float
    batch_size: int
    epochs: int
    momentum: float = 0.9
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Entry:
    """A registered model.

    Attributes:
        build: takes num_classes, in_channels and device.
        input_size: height and width of the images it takes.
        recipes: by data set; "" is for all others.
    """

    build: Callable[..., Module]
    input_size: tuple[int, int]
    recipes: Mapping[str, Recipe]

    def recipe(self, data: str) -> Recipe:
        """The recipe for a data set."""
        return self.recipes.get(data, self.recipes[""])


# On the digits a low rate is worth 0.3 points, and 16 bits then follow fp32 more closely.
MODELS: dict[str, Entry] = {
    "lenet5": Entry(
        LeNet5,
        (28, 28),
        {
            "digits": Recipe(lr=0.01, batch_size=64, epochs=30, weight_decay=5e-4),
            "mnist": Recipe(lr=0.05, batch_size=64, epochs=3, weight_decay=5e-4),
            "": Recipe(lr=0.05, batch_size=64, epochs=10, weight_decay=5e-4),
        },
    ),
}


def entry(name: str) -> Entry:
    """A registered model.

    Raises:
        OptionError: no model has this name.
    """
    require_option("model", "name", name, MODELS)
    return MODELS[name]


def build(name: str, **options: Any) -> Module:
    """A registered model, built: `build("lenet5", num_classes=10, device="cpu")`."""
    return entry(name).build(**options)
