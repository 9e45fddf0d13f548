"""Modules made of modules, or of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Generic, Self

from dlcore.errors import OptionError
from dlcore.nn.module import Module, Parameter, Part


class _Numbered(Module):
    """Modules in order, named "0", "1", ... unless they have names of their own."""

    def _add(self, modules: Iterable[Module]) -> None:
        start = len(self)
        for place, module in enumerate(modules, start):
            setattr(self, str(place), module)

    def _renumber(self, modules: Iterable[Module]) -> None:
        modules = list(modules)
        for name, _ in list(self.named_children()):
            delattr(self, name)
        self._add(modules)

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self._add([module])
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        self._add(list(modules))
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before place `index`; those behind move on by one."""
        modules = list(self.children())
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, key: int) -> Module:
        """Take the module at place `key` out and return it."""
        module: Module = self[key]
        del self[key]
        return module

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, place: int | slice) -> Any:
        """The module at a place, or the same kind of container around a slice of them."""
        named = list(self.named_children())[place]
        return self._of(named) if isinstance(named, list) else named[1]

    def _of(self, named: list[tuple[str, Module]]) -> Module:
        raise NotImplementedError

    def __setitem__(self, place: int, module: Module) -> None:
        setattr(self, list(self.named_children())[place][0], module)

    def __delitem__(self, place: int | slice) -> None:
        modules = list(self.children())
        del modules[place]
        self._renumber(modules)

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)


class Sequential(_Numbered):
    """Modules that run one after the other, named "0", "1", ... or as a dict names them.

    Args:
        args: modules in the order in which they run, or one dict of them.
    """

    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        for place, part in enumerate(args):
            named = part if isinstance(part, Mapping) else {str(place): part}
            for name, module in named.items():
                setattr(self, name, module)

    def forward(self, x: Any) -> Any:
        """The last module's output."""
        for module in self.children():
            x = module(x)
        return x

    def _of(self, named: list[tuple[str, Module]]) -> Module:
        return type(self)(dict(named))

    def __add__(self, other: Iterable[Module]) -> Sequential:
        return Sequential(*self, *other)


class ModuleList(_Numbered):
    """A list of modules, named "0", "1", ...; it has no forward of its own.

    Args:
        modules: in order.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        self._add(modules or ())

    def _of(self, named: list[tuple[str, Module]]) -> Module:
        return type(self)(module for _, module in named)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """Neighbours that look the same are shown once, with their number."""
        lines, place = [], 0
        for text, alike in groupby(map(repr, self)):
            last = place + len(list(alike)) - 1
            head = f"({place}): " if last == place else f"({place}-{last}): {last - place + 1} x "
            lines.append("  " + head + text.replace("\n", "\n  "))
            place = last + 1
        return f"{type(self).__name__}(" + ("\n" + "\n".join(lines) + "\n" if lines else "") + ")"


class _Named(Module, Generic[Part]):
    """Parts of one kind by name."""

    _kind: type[Part]

    def clear(self) -> None:
        """Take all of them out."""
        for name in self.keys():
            del self[name]

    def update(self, parts: Mapping[str, Part]) -> None:
        """Add some, or put others in place of those with the same name."""
        for name, part in parts.items():
            self[name] = part

    def keys(self) -> list[str]:
        """The names."""
        return [name for name, _ in self.items()]

    def values(self) -> list[Part]:
        """What they name."""
        return [part for _, part in self.items()]

    def items(self) -> list[tuple[str, Part]]:
        """Names with what they name."""
        return list(self._parts(self._kind))

    def pop(self, key: str) -> Part:
        """Take one out and return it."""
        part = self[key]
        del self[key]
        return part

    def __setitem__(self, name: str, part: Part) -> None:
        if name not in self and hasattr(self, name):
            raise OptionError(
                type(self).__name__,
                expected="a name that no attribute has",
                received=repr(name),
                remedy="choose another name",
            )
        setattr(self, name, part)

    def __getitem__(self, name: str) -> Part:
        return dict(self.items())[name]

    def __delitem__(self, name: str) -> None:
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())


class ModuleDict(_Named[Module]):
    """Modules by name; it has no forward of its own.

    Args:
        modules: by name, in order.
    """

    _kind = Module

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        self.update(modules or {})


class ParameterDict(_Named[Parameter]):
    """Parameters by name.

    Args:
        parameters: by name, in order.
    """

    _kind = Parameter

    def __init__(self, parameters: Mapping[str, Parameter] | None = None) -> None:
        self.update(parameters or {})

    def get(self, key: str, default: Parameter | None = None) -> Parameter | None:
        """The parameter of this name, `default` if there is none."""
        return dict(self.items()).get(key, default)


class ParameterList(Module):
    """A list of parameters, named "0", "1", ...

    Args:
        values: in order.
    """

    def __init__(self, values: Iterable[Parameter] | None = None) -> None:
        self.extend(values or ())

    def append(self, value: Parameter) -> Self:
        """Add a parameter at the end."""
        setattr(self, str(len(self)), value)
        return self

    def extend(self, values: Iterable[Parameter]) -> Self:
        """Add parameters at the end."""
        for value in values:
            self.append(value)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Parameter]:
        return (parameter for _, parameter in self._parts(Parameter))

    def __getitem__(self, place: int | slice) -> Any:
        """The parameter at a place, or a list of a slice of them."""
        found = list(self)[place]
        return type(self)(found) if isinstance(found, list) else found

    def __setitem__(self, place: int, value: Parameter) -> None:
        setattr(self, list(dict(self._parts(Parameter)))[place], value)

    def __iadd__(self, values: Iterable[Parameter]) -> Self:
        return self.extend(values)
