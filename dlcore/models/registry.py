"""Models by name, each with the recipes that train it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import getdoc
from math import prod
from typing import Any

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Shape
from dlcore.backend.interface.checks import require_option
from dlcore.errors import DataError
from dlcore.models import cifar_resnet, recipes, resnet, vgg
from dlcore.models.convnet import DeepConvNet, SimpleConvNet
from dlcore.models.lenet import LeNet5
from dlcore.models.mlp import MLP
from dlcore.models.recipes import Recipe, Recipes
from dlcore.nn.module import Module


@dataclass(frozen=True)
class Entry:
    """A registered model.

    Attributes:
        make: builds it from num_classes and device, and in_channels (in_features for rows).
        shape: of a sample as published: (C, H, W) for images; (F,), a row, where any shape does.
        outputs: how many, as published.
        recipes: by data set; "" is for all others.
        smallest: least height and width of images; None where only those of `shape` do.
    """

    make: Callable[..., Module]
    shape: Shape
    outputs: int
    recipes: Recipes
    smallest: int | None = None

    @property
    def name(self) -> str:
        """What users call it."""
        return self.make.__name__.lower()

    @property
    def description(self) -> str:
        """What it is, in one line."""
        return (getdoc(self.make) or "").partition("\n")[0]

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Height and width that photographs are brought to; None where samples of any shape do."""
        return None if len(self.shape) == 1 else (self.shape[1], self.shape[2])

    @property
    def parameters(self) -> int:
        """How many it has as published."""
        network = self.build(self.shape, self.outputs, "meta")
        return sum(parameter.numel() for parameter in network.parameters())

    def recipe(self, data: str) -> Recipe:
        """The recipe for a data set."""
        return self.recipes.get(data, self.recipes[""])

    def build(self, shape: Shape, outputs: int, device: str | Backend = "cpu") -> Module:
        """A new network for samples of a shape.

        Args:
            shape: (C, H, W) of images, (F,) of a table's rows.
            outputs: how many logits, or numbers.
            device: where the parameters live.

        Raises:
            DataError: the model does not take such samples.
        """
        if self.input_size is None:
            return self.make(in_features=prod(shape), num_classes=outputs, device=device)
        self._require_images(shape)
        return self.make(in_channels=shape[0], num_classes=outputs, device=device)

    def _require_images(self, shape: Shape) -> None:
        size = shape[1:]
        if self.smallest is None:
            expected, fits = f"images of {self.input_size} pixels", size == self.input_size
        else:
            least = (self.smallest, self.smallest)
            expected = f"images of at least {least} pixels"
            fits = len(size) == 2 and min(size) >= self.smallest
        if not fits:
            raise DataError(
                f"model {self.name}",
                expected=expected,
                received=f"samples of shape {shape}",
                remedy="resize the images, or choose a model that takes them: mlp takes any shape",
            )


GREY, SMALL, PHOTOGRAPH = (1, 28, 28), (3, 32, 32), (3, 224, 224)
VGGS = (
    vgg.vgg11,
    vgg.vgg11_bn,
    vgg.vgg13,
    vgg.vgg13_bn,
    vgg.vgg16,
    vgg.vgg16_bn,
    vgg.vgg19,
    vgg.vgg19_bn,
)
RESNETS = (resnet.resnet18, resnet.resnet34, resnet.resnet50, resnet.resnet101, resnet.resnet152)
CIFAR_RESNETS = (
    resnet.resnet18_cifar,
    cifar_resnet.resnet20,
    cifar_resnet.resnet32,
    cifar_resnet.resnet44,
    cifar_resnet.resnet56,
    cifar_resnet.resnet110,
)
ENTRIES = (
    Entry(MLP, (784,), 10, recipes.MLP),
    Entry(LeNet5, GREY, 10, recipes.LENET),
    Entry(SimpleConvNet, GREY, 10, recipes.BOOK),
    Entry(DeepConvNet, GREY, 10, recipes.BOOK),
    *(Entry(make, PHOTOGRAPH, 1000, recipes.VGG, smallest=32) for make in VGGS),
    *(Entry(make, PHOTOGRAPH, 1000, recipes.RESNET, smallest=32) for make in RESNETS),
    *(Entry(make, SMALL, 10, recipes.CIFAR_RESNET, smallest=8) for make in CIFAR_RESNETS),
)
MODELS: dict[str, Entry] = {known.name: known for known in ENTRIES}


def entry(name: str) -> Entry:
    """A registered model.

    Raises:
        OptionError: no model has this name.
    """
    require_option("model", "name", name, MODELS)
    return MODELS[name]


def build(name: str, **options: Any) -> Module:
    """A registered model, built: `build("lenet5", num_classes=10, in_channels=1, device="cpu")`.

    Args:
        name: one of `MODELS`.
        options: of its constructor.

    Raises:
        OptionError: no model has this name.
    """
    return entry(name).make(**options)
