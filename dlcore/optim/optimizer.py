"""What all optimizers share: groups of parameters, flat buffers, one launch a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from dlcore.autograd import enable_grad
from dlcore.backend.interface.optim import RULES
from dlcore.backend.record import guard
from dlcore.errors import OptionError, ShapeError
from dlcore.leaves import clear_gradient
from dlcore.optim.flat import Flat
from dlcore.optim.stretched import Stretched
from dlcore.random import next_step
from dlcore.tensors import Tensor
from dlcore.transaction import commit

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
    """Of `RULES`; a subclass whose options choose among several overrides `rule_of`."""

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self._buffers: list[list[Stretched]] = []
        self._held: set[int] = set()  # the parameters that lie in buffers
        given = [] if isinstance(params, Tensor) else list(params)
        if not given:
            raise OptionError(
                type(self).__name__,
                expected="at least one parameter",
                received="a tensor" if isinstance(params, Tensor) else "none",
                remedy="pass a list of them, such as model.parameters()",
            )
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def rule_of(self, group: Group) -> str:
        """The rule that a group's options choose."""
        return self.rule

    def numbers(self, group: Group) -> list[float]:
        """The rule's slots, in order, from a group's options."""
        raise NotImplementedError

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own."""
        alone = isinstance(group["params"], Tensor)
        full: Group = {**self.defaults, **group}
        full["params"] = [group["params"]] if alone else list(group["params"])
        for parameter in full["params"]:
            if not isinstance(parameter, Tensor) or not parameter.is_leaf:
                raise OptionError(
                    type(self).__name__,
                    expected="leaves: tensors that no operation has made",
                    received=f"the result of {parameter.node}"
                    if isinstance(parameter, Tensor)
                    else f"a {type(parameter).__name__}",
                    remedy="pass model.parameters()",
                )
        known = {id(p) for other in self.param_groups for p in other["params"]}
        if len({id(p) for p in full["params"]} - known) != len(full["params"]):
            raise OptionError(
                type(self).__name__,
                expected="every parameter once",
                received="a parameter that is given twice",
                remedy="leave it out of one group",
            )
        self.param_groups.append(full)
        self._buffers.append([])
        self._adopt(lambda parameter: parameter.requires_grad)

    def _adopt(self, wanted: Callable[[Tensor], bool]) -> None:
        """Give the wanted ones of parameters that lie in no buffer yet one of their own.

        (A parameter that is frozen at first takes no memory for its state until it is trained.)
        """
        for group, buffers in zip(self.param_groups, self._buffers, strict=True):
            kinds: dict[Any, list[Tensor]] = {}
            for parameter in group["params"]:
                if id(parameter) not in self._held and wanted(parameter):
                    self._held.add(id(parameter))
                    kinds.setdefault((parameter.backend, parameter.dtype), []).append(parameter)
            rule = self.rule_of(group)
            buffers.extend(Stretched(Flat(same), rule) for same in kinds.values())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients (with `set_to_none=False`: make them zero)."""
        for group in self.param_groups:
            for parameter in group["params"]:
                clear_gradient(parameter, set_to_none)

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
        known = self._fixed()
        guard(self, lambda: self._fixed() == known)
        self._adopt(_has_gradient)
        for group, buffers in zip(self.param_groups, self._buffers, strict=True):
            rule, maximize = self._formula(group)
            for buffer in buffers:
                buffer.update(rule, partial(self.numbers, group), maximize, scale, finite)
        commit(None if finite is None else finite.array)
        next_step()
        return loss

    def flats(self) -> list[Flat]:
        """The buffers of all groups."""
        self._adopt(_has_gradient)
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
        """Take over options and state, PyTorch's too; nothing changes unless all of it fits.

        A parameter without saved state starts anew.

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
        saved = {int(place): state for place, state in state_dict["state"].items()}
        merged = [
            {**mine, **theirs, "params": mine["params"]}
            for mine, theirs in zip(self.param_groups, groups, strict=True)
        ]
        for group in merged:
            for parameter in group["params"]:
                self._check_state(group, places[id(parameter)], parameter, saved)
        for mine, full in zip(self.param_groups, merged, strict=True):
            mine.update(full)
        self._adopt(lambda parameter: places[id(parameter)] in saved)
        for group, buffers in zip(self.param_groups, self._buffers, strict=True):
            for buffer in buffers:
                own_places = [places[id(parameter)] for parameter in buffer.flat.parameters]
                buffer.load(self.rule_of(group), [saved.get(place, {}) for place in own_places])

    def _check_state(
        self, group: Group, place: int, parameter: Tensor, saved: Mapping[int, Any]
    ) -> None:
        for name in RULES[self.rule_of(group)].state:
            value = saved.get(place, {}).get(name)
            if value is not None and tuple(value.shape) != parameter.shape:
                raise ShapeError(
                    f"{type(self).__name__}.load_state_dict",
                    expected=f"{name} of parameter {place} of shape {parameter.shape}",
                    received=f"shape {tuple(value.shape)}",
                    remedy="build the optimizer over the parameters that the state is of",
                )

    def _formula(self, group: Group) -> tuple[str, bool]:
        return self.rule_of(group), bool(group["maximize"])

    def _fixed(self) -> list[Any]:
        """What a recorded step can't follow: which state there is, and the groups' formulas."""
        return [
            ([(id(buffer), *buffer.state) for buffer in buffers], self._formula(group))
            for group, buffers in zip(self.param_groups, self._buffers, strict=True)
        ]

    def _places(self) -> dict[int, int]:
        parameters = (p for group in self.param_groups for p in group["params"])
        return {id(parameter): place for place, parameter in enumerate(parameters)}


def _has_gradient(parameter: Tensor) -> bool:
    return parameter.grad is not None
