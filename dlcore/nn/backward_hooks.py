"""Hooks of a module that see its gradients on their way back.

A gate is a row of identities that open together: in the backward pass each keeps the gradient of
its tensor, and an operation before all of them, which backward comes to last, hands on all of the
gradients at once. One stands behind a module's outputs, one before its inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, Spec, float32, order_of
from dlcore.errors import OptionError
from dlcore.tensors import Tensor

if TYPE_CHECKING:
    from dlcore.nn.module import Module

Gradients = tuple[Tensor | None, ...]
BackwardHook = Callable[["Module", Gradients, Gradients], Any]
BackwardPreHook = Callable[["Module", Gradients], Any]


class BackwardHooks:
    """The hooks of one call of a module.

    Args:
        module: whose they are.
        before: called with the gradients of its outputs; what they return takes their place.
        after: called with the gradients of inputs and outputs; what they return takes the inputs'.
    """

    def __init__(
        self, module: Module, before: Sequence[BackwardPreHook], after: Sequence[BackwardHook]
    ) -> None:
        self.module, self.before, self.after = module, before, after
        self.outputs: Gradients = ()
        self.inputs = 0

    def around_inputs(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs of forward, behind their gate."""
        self.inputs = len(inputs)
        self.gated = [place for place, value in enumerate(inputs) if _flows(value)]
        return _gate(inputs, self._at_inputs) if self.gated else inputs

    def around_outputs(self, output: Any) -> Any:
        """The output of forward, behind its gate."""
        if isinstance(output, tuple | list):
            gated = _gate(tuple(output), self._at_outputs)
            return type(output)(*gated) if hasattr(output, "_fields") else type(output)(gated)
        return _gate((output,), self._at_outputs)[0]

    def _at_outputs(self, gradients: Gradients) -> Gradients:
        for hook in self.before:
            gradients = _replaced(gradients, hook(self.module, gradients))
        self.outputs = gradients
        if not self.gated:  # backward ends within the module
            nothing: Gradients = (None,) * self.inputs
            for after in self.after:
                after(self.module, nothing, gradients)
        return gradients

    def _at_inputs(self, gradients: Gradients) -> Gradients:
        for hook in self.after:
            gradients = _replaced(gradients, hook(self.module, gradients, self.outputs))
        return gradients


def _flows(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _replaced(gradients: Gradients, answer: Any) -> Gradients:
    """What a hook answered, None for no change."""
    if answer is None:
        return gradients
    new: Gradients = answer if isinstance(answer, tuple) else (answer,)
    if _shapes(new) != _shapes(gradients):
        raise OptionError(
            "backward hook",
            expected=f"None, or gradients of the shapes {_shapes(gradients)}",
            received=f"gradients of the shapes {_shapes(new)}",
            remedy="return one for each that came in",
        )
    return new


def _shapes(gradients: Gradients) -> str:
    return ", ".join("None" if part is None else str(part.shape) for part in gradients)


def _gate(values: tuple[Any, ...], change: Callable[[Gradients], Gradients]) -> tuple[Any, ...]:
    """The same values, whose gradients go through `change` together."""
    places = [place for place, value in enumerate(values) if _flows(value)]
    if not places:
        return values
    kept: dict[int, Array] = {}
    changed: list[Gradients] = []
    first: Tensor = values[places[0]]
    backend = first.backend
    signal = Spec((0,), float32)

    def open_gate(place: int) -> Array:
        if not changed:
            found = (
                Tensor(kept[place], value.backend) if place in kept else None
                for place, value in enumerate(values)
            )
            changed.append(change(tuple(found)))
        gradient = changed[0][place]
        if place == places[-1]:
            changed.clear()
            kept.clear()
        return _zeros(values[place]) if gradient is None else gradient.array

    def keep(place: int, dy: Array) -> Array:
        kept[place] = dy
        return backend.empty(signal)

    rules = ((values[place], lambda _, place=place: open_gate(place)) for place in places)
    gate = result("backward_hooks", backend.empty(signal), backend, *rules)
    gated = list(values)
    for place in places:
        value = values[place]
        rule = lambda dy, place=place: keep(place, dy)  # noqa: E731
        gated[place] = result(
            "backward_hooks", value.array, value.backend, (gate, rule), version=value.version
        )
    return tuple(gated)


def _zeros(x: Tensor) -> Array:
    order = order_of(x.array)
    return primitives.fill(x.backend, shape=x.shape, dtype=x.dtype, order=order, value=0.0)
