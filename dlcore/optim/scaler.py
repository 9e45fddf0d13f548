"""Dynamic loss scaling: small fp16 gradients are lifted, overflowing steps are skipped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array
from dlcore.backend.record import guard, host, note, settle
from dlcore.errors import OptionError
from dlcore.optim.optimizer import Optimizer
from dlcore.tensors import Tensor


class _State(NamedTuple):
    """Of one optimizer since the last update: the flag, and whether its step is done."""

    finite: Tensor
    stepped: bool


class GradScaler:
    """Multiplies the loss, divides the gradients, and adapts the factor.

    The scale, the flag and the decision live on the device: nothing is read by the host, so a
    recorded step holds all of it.

        loss = scaler.scale(criterion(model(x), y))
        loss.backward()
        scaler.step(optimizer)
        scaler.update()

    Args:
        init_scale: the first factor.
        growth_factor: what it is multiplied with after `growth_interval` good steps in a row.
        backoff_factor: what it is multiplied with after a step with NaN or Inf.
        growth_interval: see `growth_factor`.
        enabled: False makes every method do what training without a scaler does.
        device: where the training runs.

    Source: Micikevicius et al., Mixed Precision Training, 2018; PyTorch's GradScaler.
    """

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
        device: str | Backend = "cpu",
    ) -> None:
        self.enabled = enabled
        self.growth_factor = growth_factor
        self.backoff_factor = backoff_factor
        self.growth_interval = growth_interval
        self._backend = get_backend(device)
        self._scale = Tensor(
            self._backend.upload(np.asarray(init_scale, np.float32)), self._backend
        )
        self._streak = self._backend.upload(np.asarray(0, np.int32))
        self._states: dict[Optimizer, _State] = {}  # since the last update

    def scale(self, loss: Tensor) -> Tensor:
        """The loss times the factor, in fp32 at least."""
        return loss * self._scale if self.enabled else loss

    def unscale_(self, optimizer: Optimizer) -> None:
        """Divide the gradients now, for example to clip them before `step`.

        Raises:
            OptionError: they are divided already.
        """
        if not self.enabled:
            return
        if self._state(optimizer) is not None:
            raise _out_of_turn("unscale_", "one unscale_ before step, between two updates")
        self._note(optimizer, _State(self._check(optimizer), stepped=False))
        for flat in optimizer.flats():
            scale = primitives.copy(self._backend, self._scale.array, dtype=flat.dtype, order=())
            for start, stop in flat.stretches(flat.present()):
                part = flat.gradients[start:stop]
                factor = self._backend.expand(scale, part.shape)
                primitives.pointwise.into(
                    self._backend, part, part, factor, rule="divide", parameters=()
                )

    def step(self, optimizer: Optimizer) -> None:
        """`optimizer.step()` with gradients divided; changes nothing if one is NaN or Inf.

        Raises:
            OptionError: the second step since the last update.
        """
        if not self.enabled:
            optimizer.step()
            return
        state = self._state(optimizer)
        if state is None:
            finite, scale = self._check(optimizer), self._scale
            optimizer.step(scale=scale, finite=finite)
        elif state.stepped:
            raise _out_of_turn("step", "one step between two updates")
        else:
            finite = state.finite
            optimizer.step(finite=finite)
        self._note(optimizer, _State(finite, stepped=True))

    def update(self, new_scale: float | None = None) -> None:
        """Adapt the factor to the steps since the last update: one bad one makes it smaller.

        Args:
            new_scale: the factor from here on, instead.

        Raises:
            OptionError: there was no step.
        """
        if not self.enabled:
            return
        if new_scale is not None:
            scale = np.asarray(new_scale, np.float32)
            host(lambda: self._backend.write(self._scale.array, scale))
        elif not self._states:
            raise _out_of_turn("update", "a step before update")
        else:
            finite = reduce(self._both, (state.finite.array for state in self._states.values()))
            factors = self._factors()
            guard((self, "factors"), lambda: self._factors() == factors)
            growth, backoff, interval = factors
            outputs = (self._scale.array, self._streak)
            primitives.update_scale.into(
                self._backend,
                outputs,
                *outputs,
                finite,
                growth_factor=growth,
                backoff_factor=backoff,
                growth_interval=interval,
            )
        for optimizer in self._states:
            settle((self, optimizer))
        note(self._states.clear)

    def is_enabled(self) -> bool:
        """Whether it scales at all."""
        return self.enabled

    def get_scale(self) -> float:
        """The factor; reads the device."""
        return float(self._scale.item()) if self.enabled else 1.0

    def state_dict(self) -> dict[str, Any]:
        """The factor and the count of good steps in a row; reads the device."""
        return {
            "scale": self.get_scale(),
            "growth_factor": self.growth_factor,
            "backoff_factor": self.backoff_factor,
            "growth_interval": self.growth_interval,
            "_growth_tracker": int(self._backend.download(self._streak).item()),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.growth_factor = float(state["growth_factor"])
        self.backoff_factor = float(state["backoff_factor"])
        self.growth_interval = int(state["growth_interval"])
        self._backend.write(self._scale.array, np.asarray(state["scale"], np.float32))
        self._backend.write(self._streak, np.asarray(state["_growth_tracker"], np.int32))

    def _check(self, optimizer: Optimizer) -> Tensor:
        """The flag: all gradients are finite."""
        flag: Array | None = None
        for flat in optimizer.flats():
            for start, stop in flat.stretches(flat.present()):
                part = primitives.all_finite(self._backend, flat.gradients[start:stop])
                flag = part if flag is None else self._both(flag, part)
        if flag is None:
            flag = self._backend.upload(np.asarray(True))
        return Tensor(flag, self._backend)

    def _both(self, a: Array, b: Array) -> Array:
        return primitives.pointwise(self._backend, a, b, rule="multiply", parameters=())

    def _state(self, optimizer: Optimizer) -> _State | None:
        """What was done for an optimizer since the last update."""
        state = self._states.get(optimizer)
        guard((self, optimizer), lambda: self._states.get(optimizer) is state)
        return state

    def _note(self, optimizer: Optimizer, state: _State) -> None:
        settle((self, optimizer))
        note(lambda: self._states.__setitem__(optimizer, state))

    def _factors(self) -> tuple[float, float, int]:
        return self.growth_factor, self.backoff_factor, self.growth_interval


def _out_of_turn(call: str, expected: str) -> OptionError:
    return OptionError(
        f"GradScaler.{call}",
        expected=expected,
        received="another order of calls",
        remedy="call unscale_ (if at all), then step, for each optimizer, then update",
    )
