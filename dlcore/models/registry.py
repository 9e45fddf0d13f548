"""Models by name, each with the recipe that trains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dlcore.backend.interface.checks import require_option
from dlcore.models.lenet import LeNet5
from dlcore.nn.module import Module


@dataclass(frozen=True)
class Recipe:
    """How a model is trained unless the user says otherwise.

    SGD with momentum; the learning rate rises over the first tenth of all steps and then follows
    a cosine to zero.

    Attributes:
        epochs: for each data set by name; "" for any other.
    """

    lr: float
    batch_size: int
    epochs: Mapping[str, int] = field(default_factory=lambda: {"": 10})
    momentum: float = 0.9
    weight_decay: float = 0.0

    def epochs_on(self, data: str) -> int:
        """How many epochs on a data set."""
        return self.epochs.get(data, self.epochs[""])


@dataclass(frozen=True)
class Entry:
    """A registered model.

    Attributes:
        build: takes num_classes, in_channels and device.
        input_size: height and width of the images it takes.
    """

    build: Callable[..., Module]
    input_size: tuple[int, int]
    recipe: Recipe


MODELS: dict[str, Entry] = {
    "lenet5": Entry(
        LeNet5, (28, 28), Recipe(0.05, 64, {"digits": 30, "mnist": 3, "": 10}, weight_decay=5e-4)
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
