"""A flat buffer with the optimizer state that belongs to it, and its update."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, boolean, float32, order_of
from dlcore.backend.interface.optim import RULES
from dlcore.backend.record import guard, host, note
from dlcore.optim.flat import Flat
from dlcore.tensors import Tensor


class Stretched:
    """Parameters side by side, updated in as few launches as their history allows.

    Every parameter has a count of the steps that it took part in, as a step without a gradient is
    none. Parameters that took part in the same ones share slots, and with that a launch.

    Args:
        flat: the parameters.
        rule: one of `RULES`; `update` may be given others with the same slots later.

    Attributes:
        state: the rules' arrays by name, each as long as the flat buffer.
        slots: for each parameter, the array of its count and the rule's numbers.
    """

    def __init__(self, flat: Flat, rule: str) -> None:
        self.flat = flat
        self.state: dict[str, Array] = {}
        self.slot_count = 1 + len(RULES[rule].slots)
        self.slots = [self._new_slots()] * len(flat.parameters)
        self.one, self.true = _constants(flat.backend)
        self._keep(rule)

    def _keep(self, rule: str) -> None:
        """Have the state that a rule takes; what there is of it stays."""
        for name in RULES[rule].state:
            if name not in self.state:
                self.state[name] = self.flat.zeros()

    def update(
        self,
        rule: str,
        numbers: Callable[[], list[float]],
        maximize: bool,
        scale: Tensor | None,
        finite: Tensor | None,
    ) -> None:
        """One launch for each stretch of parameters with gradients and one history.

        A rule that takes norms has one launch for each parameter.

        Args:
            rule: what to do.
            numbers: gives what the slots hold after the count, at each replay anew.
            maximize, scale, finite: as in `Optimizer.step`.
        """
        self._keep(rule)
        flat, backend = self.flat, self.flat.backend
        known = RULES[rule]
        factor = self.one if scale is None else scale.array
        flag = self.true if finite is None else finite.array
        for slots, members in self._histories(flat.present()):
            host(_writing(backend, slots, numbers))
            arrays = (flat.values, *(self.state[name] for name in known.state))
            for start, stop in flat.stretches(members, joined=not known.norms):
                values, *state = (array[start:stop] for array in arrays)
                primitives.update.into(
                    backend,
                    (values, *state),
                    values,
                    flat.gradients[start:stop],
                    slots,
                    factor,
                    flag,
                    *state,
                    rule=rule,
                    maximize=maximize,
                )
            primitives.count_step.into(backend, slots, slots, flag)
        note(flat.bump)

    def _histories(self, present: Sequence[int]) -> list[tuple[Array, list[int]]]:
        """The slots of the parameters that take part, each with the numbers of those it is for.

        Slots that are also for parameters that don't are copied first: histories part here.
        """
        known = [id(slots) for slots in self.slots]
        guard(self, lambda: [id(slots) for slots in self.slots] == known)
        absent = {known[number] for number in range(len(known)) if number not in set(present)}
        members: dict[int, list[int]] = {}
        for number in present:
            members.setdefault(known[number], []).append(number)
        for old, numbers in members.items():
            if old in absent:
                shared = self.slots[numbers[0]]
                own = primitives.copy(
                    self.flat.backend, shared, dtype=shared.dtype, order=order_of(shared)
                )
                for number in numbers:
                    self.slots[number] = own
        return [(self.slots[numbers[0]], numbers) for numbers in members.values()]

    def state_of(self, number: int) -> dict[str, Tensor]:
        """One parameter's state by PyTorch's names."""
        backend = self.flat.backend
        return {
            "step": Tensor(backend.reshape(self.slots[number][0:1], ()), backend),
            **{
                name: Tensor(self.flat.windows(array)[number], backend)
                for name, array in self.state.items()
            },
        }

    def load(self, rule: str, saved: Sequence[Mapping[str, Any]]) -> None:
        """Take over each parameter's state by a rule; what isn't there starts anew.

        State without a count, as PyTorch's SGD keeps it, is that of a step that was taken.
        """
        names = RULES[rule].state
        self._keep(rule)
        self.state = {name: self.state[name] for name in names}
        counts = [
            float(
                state["step"] if "step" in state else any(state.get(n) is not None for n in names)
            )
            for state in saved
        ]
        histories = {(id(slots), n) for slots, n in zip(self.slots, counts, strict=True)}
        if len(histories) > len({slots for slots, _ in histories}):
            made = {count: self._new_slots() for count in counts}
            self.slots = [made[count] for count in counts]
        backend = self.flat.backend
        for number, state in enumerate(saved):
            own = self.state_of(number)
            backend.write(own["step"].array, np.asarray(counts[number]))
            for name in names:
                value = state.get(name)
                values = np.zeros(()) if value is None else np.asarray(value.numpy())
                backend.write(own[name].array, values)

    def _new_slots(self) -> Array:
        return self.flat.backend.upload(np.zeros(self.slot_count))


def _writing(
    backend: Backend, slots: Array, numbers: Callable[[], list[float]]
) -> Callable[[], None]:
    return lambda: backend.write(slots[1:], np.asarray(numbers(), np.float64))


def _constants(backend: Backend) -> tuple[Array, Array]:
    one = primitives.fill(backend, shape=(), dtype=float32, order=(), value=1.0)
    true = primitives.fill(backend, shape=(), dtype=boolean, order=(), value=1.0)
    return one, true
