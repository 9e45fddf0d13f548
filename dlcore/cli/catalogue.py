"""Everything that has a name: layers, optimizers, operations and primitives."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from dlcore import api, nn, optim
from dlcore.backend.interface import PRIMITIVES
from dlcore.backend.interface.checks import meant
from dlcore.errors import OptionError
from dlcore.nn import functional


@dataclass(frozen=True)
class Thing:
    """Something with a name.

    Attributes:
        kind: "layer", "optimizer", "operation" or "primitive".
        value: the class, the function or the primitive.
    """

    name: str
    kind: str
    value: Any


def catalogue() -> list[Thing]:
    """All things; where several have one name, the higher floor comes first."""
    classes = [
        Thing(name, kind, getattr(home, name))
        for kind, home in (("layer", nn), ("optimizer", optim))
        for name in home.__all__
        if inspect.isclass(getattr(home, name))
    ]
    functions = {**vars(api), **{name: getattr(functional, name) for name in functional.__all__}}
    operations = [
        Thing(name, "operation", function)
        for name, function in functions.items()
        if inspect.isfunction(function) and function.__module__.startswith("dlcore.ops.")
    ]
    primitives = [Thing(name, "primitive", value) for name, value in PRIMITIVES.items()]
    return [*classes, *operations, *primitives]


def find(name: str) -> Thing:
    """The thing with this name, written in whatever case.

    Raises:
        OptionError: there is none.
    """
    things = catalogue()
    exact = [thing for thing in things if thing.name == name]
    alike = [thing for thing in things if thing.name.lower() == name.lower()]
    if found := exact or alike:
        return found[0]
    raise OptionError(
        "show",
        expected="a layer, optimizer, operation or primitive",
        received=repr(name),
        remedy=meant(name, [thing.name for thing in reversed(things)])
        or "try Conv2d, relu or Adam",
    )
