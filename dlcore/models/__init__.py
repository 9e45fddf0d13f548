"""Networks, one family a file, and the registry that names them."""

from dlcore.models.lenet import LeNet5
from dlcore.models.registry import MODELS, Entry, Recipe, build, entry

__all__ = ["MODELS", "Entry", "LeNet5", "Recipe", "build", "entry"]
