"""Module: a tree of parameters, buffers and modules that can be called.

There is no registration: an attribute that is a Parameter, a Buffer or a Module is part of the
tree, in the order in which it was assigned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array, Dtype
from dlcore.backend.interface.checks import names
from dlcore.backend.record import guard, host, settle
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.handle import Handle
from dlcore.leaves import clear_gradient
from dlcore.scope import scope
from dlcore.tensors import Tensor, Version
from dlcore.transaction import forget

Part = TypeVar("Part")
ForwardHook = Callable[["Module", tuple[Any, ...], Any], Any]
PreHook = Callable[["Module", tuple[Any, ...]], "tuple[Any, ...] | None"]


class Parameter(Tensor):
    """A tensor that a module learns.

    Args:
        data: its first values; the memory is shared.
        requires_grad: False for a frozen parameter.
    """

    __slots__ = ()
    lasting = True

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        super().__init__(data.array, data.backend, requires_grad, version=data.version)


class Buffer(Tensor):
    """A tensor that belongs to a module's state but is not learned.

    Args:
        data: its first values; the memory is shared.
        persistent: whether `state_dict` holds it.
    """

    __slots__ = ("persistent",)
    lasting = True

    def __init__(self, data: Tensor, persistent: bool = True) -> None:
        super().__init__(data.array, data.backend, version=data.version)
        self.persistent = persistent

    def _again(self, array: Array, version: Version | None = None) -> Self:
        made = super()._again(array, version)
        made.persistent = self.persistent
        return made


class Keys(NamedTuple):
    """What a loaded state had not, and what it had too much."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """Base of all layers and networks.

    A subclass assigns its parts in `__init__` (no call to the base's is needed) and computes in
    `forward`.

    Attributes:
        training: whether the module trains (dropout drops, batch norm uses the batch).
    """

    training: bool = True
    _path: str = ""
    _hooks: tuple[ForwardHook, ...] = ()
    _pre_hooks: tuple[PreHook, ...] = ()

    def forward(self, *inputs: Any) -> Any:
        """What the module computes; subclasses say."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run `forward` under this module's path, with its hooks around it.

        Paths are given when the outermost module is first called; a module keeps its first.
        """
        if not self._path:
            self._name_parts()
        mode = self.training
        guard(self, lambda: self.training == mode)
        with scope(self._path):
            for pre_hook in self._pre_hooks:
                changed = pre_hook(self, inputs)
                inputs = inputs if changed is None else changed
            output = self.forward(*inputs, **options)
            for hook in self._hooks:
                replaced = hook(self, inputs, output)
                output = output if replaced is None else replaced
        return output

    def _name_parts(self) -> None:
        for path, module in self.named_modules():
            module._path = module._path or path or type(self).__name__

    # -- the tree ----------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, with their names."""
        return self._parts(Module)

    def children(self) -> Iterator[Module]:
        """The modules directly below."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with dotted paths ("" for this one)."""
        return self._walk(prefix, set())

    def _walk(self, path: str, seen: set[Module]) -> Iterator[tuple[str, Module]]:
        if self not in seen:
            seen.add(self)
            yield path, self
            for name, child in self.named_children():
                yield from child._walk(f"{path}.{name}" if path else name, seen)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters of the tree (or this module's own), each once, with dotted paths."""
        return self._named(Parameter, prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters of the tree (or this module's own), each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Buffer]]:
        """All buffers of the tree (or this module's own), each once, with dotted paths."""
        return self._named(Buffer, prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Buffer]:
        """All buffers of the tree (or this module's own), each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def add_module(self, name: str, module: Module | None) -> None:
        """The same as assigning the attribute."""
        setattr(self, name, module)

    register_module = add_module

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """The same as assigning the attribute."""
        setattr(self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Assign a Buffer under this name."""
        setattr(self, name, None if tensor is None else Buffer(tensor, persistent))

    def get_submodule(self, target: str) -> Module:
        """The module with this dotted path, "" for this one."""
        return _found(self, "get_submodule", target, dict(self.named_modules()))

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with this dotted path."""
        return _found(self, "get_parameter", target, dict(self.named_parameters()))

    def get_buffer(self, target: str) -> Buffer:
        """The buffer with this dotted path."""
        return _found(self, "get_buffer", target, dict(self.named_buffers()))

    def _parts(self, kind: type[Part]) -> Iterator[tuple[str, Part]]:
        return ((name, part) for name, part in vars(self).items() if isinstance(part, kind))

    def _named(self, kind: type[Part], prefix: str, recurse: bool) -> Iterator[tuple[str, Part]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else ((prefix, self),):
            for name, part in module._parts(kind):
                if id(part) not in seen:
                    seen.add(id(part))
                    yield f"{path}.{name}" if path else name, part

    # -- modes and places --------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch the whole tree to training, or to evaluation."""
        for module in self.modules():
            settle(module)
            host(partial(setattr, module, "training", mode))
        return self

    def eval(self) -> Self:
        """Switch the whole tree to evaluation."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze or unfreeze every parameter."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters (with `set_to_none=False`: make them zero)."""
        for parameter in self.parameters():
            clear_gradient(parameter, set_to_none)

    def apply(self, function: Callable[[Module], None]) -> Self:
        """Call `function` with every module of the tree, children first."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def to(self, *targets: Any, device: Any = None, dtype: Any = None) -> Self:
        """Move the tree to a device, convert its floats to a dtype, or both; in place.

        Raises:
            DeviceError: the device isn't there. DtypeError: the dtype is no float.
        """
        for target in (*targets, device, dtype):
            if target is None:
                continue
            place = isinstance(target, Backend) or (
                isinstance(target, str) and target not in {known.name for known in FLOATS}
            )
            if not place and np.dtype(target) not in FLOATS:
                raise DtypeError(
                    f"{type(self).__name__}.to",
                    expected=f"a device, or a dtype of {names(FLOATS)}",
                    received=np.dtype(target).name,
                    remedy="parameters are floats: convert single tensors instead",
                )
            for tensor in (*self.parameters(), *self.buffers()):
                _move(tensor, get_backend(target)) if place else _convert(tensor, np.dtype(target))
        return self

    def float(self) -> Self:
        """Convert to float32."""
        return self.to(dtype="float32")

    def double(self) -> Self:
        """Convert to float64."""
        return self.to(dtype="float64")

    def half(self) -> Self:
        """Convert to float16."""
        return self.to(dtype="float16")

    def bfloat16(self) -> Self:
        """Convert to bfloat16."""
        return self.to(dtype="bfloat16")

    def cpu(self) -> Self:
        """Move to the CPU."""
        return self.to(device="cpu")

    def register_forward_hook(self, hook: ForwardHook) -> Handle:
        """Call `hook(module, inputs, output)` after forward; the handle removes it.

        What the hook returns, unless None, takes the output's place.
        """
        self._hooks = (*self._hooks, hook)
        return Handle(
            lambda: setattr(self, "_hooks", tuple(h for h in self._hooks if h is not hook))
        )

    def register_forward_pre_hook(self, hook: PreHook) -> Handle:
        """Call `hook(module, inputs)` before forward; the handle removes it.

        The tuple that the hook returns, unless None, takes the inputs' place.
        """
        self._pre_hooks = (*self._pre_hooks, hook)
        return Handle(
            lambda: setattr(self, "_pre_hooks", tuple(h for h in self._pre_hooks if h is not hook))
        )

    # -- state -------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "") -> dict[str, Tensor]:
        """Parameters and persistent buffers by dotted path, sharing memory."""
        return {name: part.detach() for name, part in self._state(prefix)}

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """What is saved, under every name that it has: shared parts come several times."""
        buffers = ((name, part) for name, part in self._parts(Buffer) if part.persistent)
        for name, part in (*self._parts(Parameter), *buffers):
            yield prefix + name, part
        for name, child in self.named_children():
            yield from child._state(f"{prefix}{name}.")

    def load_state_dict(self, state: Mapping[str, Tensor], strict: bool = True) -> Keys:
        """Copy values into the tree; nothing is written unless all of it fits.

        Args:
            state: tensors by dotted path, as `state_dict` gives them.
            strict: whether missing and unexpected names are errors.

        Returns: the names that were missing, and those unexpected.

        Raises:
            OptionError: names missing or unexpected. ShapeError: shapes that differ.
        """
        own = dict(self._state())
        missing = [name for name in own if name not in state]
        unexpected = [name for name in state if name not in own]
        if strict and (missing or unexpected):
            raise OptionError(
                f"{type(self).__name__}.load_state_dict",
                expected=f"the names of this network; missing: {', '.join(missing) or 'none'}",
                received=f"unexpected: {', '.join(unexpected) or 'none'}",
                remedy="load weights of this network, or pass strict=False",
            )
        shared = [name for name in own if name in state]
        misshaped = [name for name in shared if own[name].shape != state[name].shape]
        if misshaped:
            raise ShapeError(
                f"{type(self).__name__}.load_state_dict",
                expected=", ".join(f"{name} {own[name].shape}" for name in misshaped),
                received=", ".join(f"{name} {state[name].shape}" for name in misshaped),
                remedy="build the network with the sizes that the weights were trained with",
            )
        for name in shared:
            target = own[name]
            target.backend.write(target.array, np.asarray(state[name].detach().numpy()))
            target.version.bump()
            forget(target)
        return Keys(missing, unexpected)

    # -- how it looks ------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of the printed module."""
        return ""

    def __repr__(self) -> str:
        lines = [
            f"  ({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self.named_children()
        ]
        body = "\n" + "\n".join(lines) + "\n" if lines else ""
        return f"{type(self).__name__}({self.extra_repr()}{body})"


def _found(owner: Module, call: str, path: str, known: Mapping[str, Part]) -> Part:
    if path in known:
        return known[path]
    raise OptionError(
        f"{type(owner).__name__}.{call}",
        expected=f"a path in this network: {', '.join(known) or 'it has none'}",
        received=repr(path),
        remedy="choose one of them",
    )


def _move(tensor: Tensor, backend: Backend) -> None:
    """Give a tensor, and its gradient, another device."""
    for part in (tensor, tensor.grad):
        if part is not None and part.backend is not backend:
            values = part.backend.download(part.array)
            part.array, part.backend = backend.upload(values), backend
            part.version.bump()
            tensor.home = None


def _convert(tensor: Tensor, dtype: Dtype) -> None:
    """Give a tensor of floats, and its gradient, another dtype."""
    for part in (tensor, tensor.grad):
        if part is not None and part.dtype in FLOATS and part.dtype != dtype:
            values = part.backend.download(part.array)
            part.array = part.backend.upload(values.astype(dtype))
            part.version.bump()
            tensor.home = None
