"""What all optimizers share: groups of parameters, flat buffers, one launch a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from dlcore import random, transaction
from dlcore.autograd import enable_grad, settle_gradient
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, boolean, float32
from dlcore.backend.interface.optim import RULES
from dlcore.backend.record import host
from dlcore.errors import OptionError, ShapeError
from dlcore.optim.flat import Flat
from dlcore.tensors import Tensor

Group = dict[str, Any]


class Optimizer:
    """Base of all optimizers; a subclass names its rule and says what fills the rule's slots.

    Args:
        params: parameters, or dicts {"params": parameters, option: value, ...} for groups.
        defaults: the options of groups that don't set them.

    Attributes:
        param_groups: a dict for each group: "params" and the options; change "lr" here.

    Raises:
        OptionError: no parameters, or one given twice.
    """

    rule: ClassVar[str]

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self._buffers: list[list[_Stretched]] = []
        given = list(params)
        if not given:
            raise OptionError(
                type(self).__name__,
                expected="at least one parameter",
                received="none",
                remedy="pass model.parameters()",
            )
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def numbers(self, group: Group) -> list[float]:
        """The rule's slots, in order, from a group's options."""
        raise NotImplementedError

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own."""
        full: Group = {**self.defaults, **group, "params": list(group["params"])}
        known = {id(p) for other in self.param_groups for p in other["params"]}
        if len({id(p) for p in full["params"]} - known) != len(full["params"]):
            raise OptionError(
                type(self).__name__,
                expected="every parameter once",
                received="a parameter that is given twice",
                remedy="leave it out of one group",
            )
        self.param_groups.append(full)
        kinds: dict[Any, list[Tensor]] = {}
        for parameter in full["params"]:
            if parameter.requires_grad:
                kinds.setdefault((parameter.backend, parameter.dtype), []).append(parameter)
        self._buffers.append([_Stretched(Flat(same), self.rule) for same in kinds.values()])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients (with `set_to_none=False`: make them zero)."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none or parameter.grad is None:
                    settle_gradient(parameter, None)
                else:
                    parameter.grad.zero_()

    def step(
        self,
        closure: Callable[[], Tensor] | None = None,
        *,
        scale: Tensor | None = None,
        finite: Tensor | None = None,
    ) -> Tensor | None:
        """Update every parameter that has a gradient, and end the step.

        Args:
            closure: computes the loss again, with gradients; its value is returned.
            scale: what the loss was multiplied with; gradients are divided by it.
            finite: a flag on the device; where it is false nothing changes, and batch-norm
                statistics written in this step are taken back.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group, buffers in zip(self.param_groups, self._buffers, strict=True):
            for buffer in buffers:
                buffer.update(self, group, scale, finite)
        transaction.commit(None if finite is None else finite.array)
        random.next_step()
        return loss

    def flats(self) -> list[Flat]:
        """The buffers of all groups."""
        return [buffer.flat for buffers in self._buffers for buffer in buffers]

    def state_dict(self) -> dict[str, Any]:
        """Options and state in PyTorch's format; tensors share memory."""
        places = self._places()
        state: dict[int, dict[str, Tensor]] = {}
        for buffer in (buffer for buffers in self._buffers for buffer in buffers):
            for number, parameter in enumerate(buffer.flat.parameters):
                state[places[id(parameter)]] = buffer.state_of(number)
        groups = [
            {**group, "params": [places[id(parameter)] for parameter in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over options and state; nothing changes unless all of it fits.

        Raises:
            ShapeError: other groups or parameters than this optimizer has.
        """
        groups, places = state_dict["param_groups"], self._places()
        sizes = [len(group["params"]) for group in groups]
        own = [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            raise ShapeError(
                f"{type(self).__name__}.load_state_dict",
                expected=f"groups of {own} parameters",
                received=f"groups of {sizes}",
                remedy="build the optimizer over the same parameters in the same groups",
            )
        for mine, theirs in zip(self.param_groups, groups, strict=True):
            mine.update({name: value for name, value in theirs.items() if name != "params"})
        for buffer in (buffer for buffers in self._buffers for buffer in buffers):
            for number, parameter in enumerate(buffer.flat.parameters):
                saved = state_dict["state"].get(places[id(parameter)], {})
                for name, target in buffer.state_of(number).items():
                    if name in saved:
                        values = np.asarray(saved[name].numpy()).reshape(target.shape)
                        target.backend.write(target.array, values)

    def _places(self) -> dict[int, int]:
        parameters = (p for group in self.param_groups for p in group["params"])
        return {id(parameter): place for place, parameter in enumerate(parameters)}


class _Stretched:
    """A flat buffer with the optimizer state and slots that belong to it."""

    def __init__(self, flat: Flat, rule: str) -> None:
        self.flat, self.rule = flat, rule
        self.state = [flat.zeros() for _ in RULES[rule].state]
        backend = flat.backend
        self.slots = backend.upload(np.zeros(1 + len(RULES[rule].slots)))
        self.one, self.true = _constants(backend)

    def update(
        self, optimizer: Optimizer, group: Group, scale: Tensor | None, finite: Tensor | None
    ) -> None:
        """One launch for each stretch of parameters with gradients."""
        flat, backend, slots = self.flat, self.flat.backend, self.slots
        factor = self.one if scale is None else scale.array
        flag = self.true if finite is None else finite.array
        numbers = slots[1:]
        host(lambda: backend.write(numbers, np.asarray(optimizer.numbers(group), np.float64)))
        stretches = flat.stretches()
        for start, stop in stretches:
            values, *state = (array[start:stop] for array in (flat.values, *self.state))
            primitives.update.into(
                backend,
                (values, *state),
                values,
                flat.gradients[start:stop],
                slots,
                factor,
                flag,
                *state,
                rule=self.rule,
                nesterov=bool(group.get("nesterov", False)),
                maximize=bool(group.get("maximize", False)),
            )
        if stretches:
            primitives.count_step.into(backend, slots, slots, flag)
        host(flat.bump)

    def state_of(self, number: int) -> dict[str, Tensor]:
        """One parameter's state by PyTorch's names."""
        backend = self.flat.backend
        arrays = [self.flat.windows(array)[number] for array in self.state]
        named = dict(zip(RULES[self.rule].state, arrays, strict=True))
        return {
            "step": Tensor(self.slots[0:1], backend),
            **{name: Tensor(array, backend) for name, array in named.items()},
        }


def _constants(backend: Backend) -> tuple[Array, Array]:
    one = primitives.fill(backend, shape=(), dtype=float32, order=(), value=1.0)
    true = primitives.fill(backend, shape=(), dtype=boolean, order=(), value=1.0)
    return one, true
