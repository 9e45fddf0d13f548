"""Module: a tree of parameters, buffers and modules that can be called.

There is no registration: an attribute that is a Parameter, a Buffer or a Module is part of the
tree, in the order in which it was assigned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from dlcore.backend import get_backend
from dlcore.backend.base import Backend
from dlcore.backend.record import guard, host, settle
from dlcore.errors import OptionError
from dlcore.handle import Handle
from dlcore.leaves import clear_gradient
from dlcore.nn.backward_hooks import BackwardHook, BackwardHooks, BackwardPreHook
from dlcore.nn.parameter import Buffer, Parameter
from dlcore.nn.place import bring, empty
from dlcore.nn.state import Keys, load
from dlcore.scope import scope
from dlcore.tensors import Tensor

if TYPE_CHECKING:
    from dlcore.nn.summary import Summary

__all__ = ["HOOKS", "Buffer", "ForwardHook", "Keys", "Module", "Parameter", "Part", "PreHook"]

HOOKS = ("_hooks", "_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
Part = TypeVar("Part")
ForwardHook = Callable[["Module", tuple[Any, ...], Any], Any]
PreHook = Callable[["Module", tuple[Any, ...]], "tuple[Any, ...] | None"]


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
    _backward_hooks: tuple[BackwardHook, ...] = ()
    _backward_pre_hooks: tuple[BackwardPreHook, ...] = ()

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
        hooks = self._all_hooks()
        guard((self, "hooks"), lambda: self._all_hooks() == hooks)
        with scope(self._path):
            for pre_hook in self._pre_hooks:
                changed = pre_hook(self, inputs)
                inputs = inputs if changed is None else changed
            gates = None
            if self._backward_hooks or self._backward_pre_hooks:
                gates = BackwardHooks(self, self._backward_pre_hooks, self._backward_hooks)
                inputs = gates.around_inputs(inputs)
            output = self.forward(*inputs, **options)
            for hook in self._hooks:
                replaced = hook(self, inputs, output)
                output = output if replaced is None else replaced
            return output if gates is None else gates.around_outputs(output)

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

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted paths ("" for this one).

        Args:
            memo: modules to leave out; those that are found are added to it.
            prefix: the path of this one.
            remove_duplicate: False gives shared modules under each of their names.
        """
        seen = set() if memo is None else memo
        if self in seen:
            return
        if remove_duplicate:
            seen.add(self)
        yield prefix, self
        for name, child in self.named_children():
            path = f"{prefix}.{name}" if prefix else name
            yield from child.named_modules(seen, path, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters of the tree (or this module's own), each once, with dotted paths."""
        return self._named(Parameter, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters of the tree (or this module's own), each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Buffer]]:
        """All buffers of the tree (or this module's own), each once, with dotted paths."""
        return self._named(Buffer, prefix, recurse, remove_duplicate)

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

    def _named(
        self, kind: type[Part], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Part]]:
        seen: set[int] = set()
        modules = self.named_modules(None, prefix, remove_duplicate)
        for path, module in modules if recurse else ((prefix, self),):
            for name, part in module._parts(kind):
                if not remove_duplicate or id(part) not in seen:
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
            if target is not None:
                bring(type(self).__name__, (*self.parameters(), *self.buffers()), target)
        return self

    def to_empty(self, *, device: str | Backend, recurse: bool = True) -> Self:
        """Move to a device without the values: a network laid out on "meta" gets its memory."""
        backend = get_backend(device)
        for tensor in (*self.parameters(recurse), *self.buffers(recurse)):
            empty(tensor, backend)
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

    def cuda(self, device: int = 0) -> Self:
        """Move to an NVIDIA GPU."""
        return self.to(device=f"cuda:{device}")

    # -- hooks -------------------------------------------------------------------------------

    def register_forward_hook(self, hook: ForwardHook, *, prepend: bool = False) -> Handle:
        """Call `hook(module, inputs, output)` after forward; the handle removes it.

        What the hook returns, unless None, takes the output's place.
        """
        return self._hook("_hooks", hook, prepend)

    def register_forward_pre_hook(self, hook: PreHook, *, prepend: bool = False) -> Handle:
        """Call `hook(module, inputs)` before forward; the handle removes it.

        The tuple that the hook returns, unless None, takes the inputs' place.
        """
        return self._hook("_pre_hooks", hook, prepend)

    def register_full_backward_hook(self, hook: BackwardHook, prepend: bool = False) -> Handle:
        """Call `hook(module, grad_input, grad_output)` when backward has passed the module.

        Both are tuples of tensors, None where no gradient flows. What the hook returns, unless
        None, takes the place of `grad_input`.
        """
        return self._hook("_backward_hooks", hook, prepend)

    def register_full_backward_pre_hook(
        self, hook: BackwardPreHook, prepend: bool = False
    ) -> Handle:
        """Call `hook(module, grad_output)` before backward enters the module.

        What the hook returns, unless None, takes the place of `grad_output`.
        """
        return self._hook("_backward_pre_hooks", hook, prepend)

    def _all_hooks(self) -> list[tuple[Callable[..., Any], ...]]:
        return [getattr(self, kind) for kind in HOOKS]

    def _hook(self, kind: str, hook: Callable[..., Any], prepend: bool) -> Handle:
        hooks = getattr(self, kind)
        setattr(self, kind, (hook, *hooks) if prepend else (*hooks, hook))

        def remove() -> None:
            setattr(self, kind, tuple(h for h in getattr(self, kind) if h is not hook))

        return Handle(remove)

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

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Keys:
        """Copy values into the tree; nothing is written unless all of it fits.

        Args:
            state: tensors by dotted path, as `state_dict` gives them; PyTorch's and NumPy arrays
                will do, too.
            strict: whether missing and unexpected names are errors.

        Returns: the names that were missing, and those unexpected.

        Raises:
            ShapeError: shapes that differ. OptionError: names missing or unexpected, or what is no
            tensor. Either tells of all of them.
        """
        return load(type(self).__name__, dict(self._state()), state, strict)

    # -- how it looks ------------------------------------------------------------------------

    def summary(
        self, input_size: Any, *, batch_size: int | None = 1, dtypes: Any = None
    ) -> Summary:
        """What every layer makes of an input: output shapes, parameters, multiply-adds, bytes.

        Found on device "meta" in evaluation: no values are computed, and nothing of this module
        changes. `print` shows a table; `dlcore/backend/work.py` says what is counted.

        >>> from dlcore.nn import Conv2d
        >>> Conv2d(3, 8, 3).summary((3, 32, 32)).multiply_adds
        194400

        Args:
            input_size: the shape of a sample, or a list of shapes for several inputs.
            batch_size: how many samples; None where the shapes are whole.
            dtypes: of the inputs, one or a list; the parameters' unless given.

        Raises:
            ShapeError: a layer can't take what comes; the error names it.
        """
        from dlcore.nn.summary import summarise

        return summarise(self, input_size, batch_size, dtypes)

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
