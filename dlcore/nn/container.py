"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dlcore.nn.module import Module


class Sequential(Module):
    """Modules that run one after the other, named "0", "1", ...

    Args:
        args: modules in the order in which they run.
    """

    def __init__(self, *args: Module) -> None:
        for place, module in enumerate(args):
            setattr(self, str(place), module)

    def forward(self, x: Any) -> Any:
        """The last module's output."""
        for module in self.children():
            x = module(x)
        return x

    def append(self, module: Module) -> Sequential:
        """Add a module at the end."""
        setattr(self, str(len(self)), module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, place: int) -> Module:
        return list(self.children())[place]


class ModuleList(Module):
    """A list of modules, named "0", "1", ...; it has no forward of its own.

    Args:
        modules: in order.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        for place, module in enumerate(modules or ()):
            setattr(self, str(place), module)

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end."""
        setattr(self, str(len(self)), module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, place: int) -> Module:
        return list(self.children())[place]
