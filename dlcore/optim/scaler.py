"""Dynamic loss scaling: small fp16 gradients are lifted, overflowing steps are skipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array
from dlcore.optim.optimizer import Optimizer
from dlcore.tensors import Tensor


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
        self._finite: Tensor | None = None
        self._unscaled = False

    def scale(self, loss: Tensor) -> Tensor:
        """The loss times the factor, in fp32 at least."""
        return loss * self._scale if self.enabled else loss

    def unscale_(self, optimizer: Optimizer) -> None:
        """Divide the gradients now, for example to clip them before `step`."""
        if not self.enabled:
            return
        self._finite = self._check(optimizer)
        for flat in optimizer.flats():
            scale = primitives.copy(self._backend, self._scale.array, dtype=flat.dtype, order=())
            for start, stop in flat.stretches():
                part = flat.gradients[start:stop]
                factor = self._backend.expand(scale, part.shape)
                primitives.pointwise.into(
                    self._backend, part, part, factor, rule="divide", parameters=()
                )
        self._unscaled = True

    def step(self, optimizer: Optimizer) -> None:
        """`optimizer.step()` with gradients divided; changes nothing if one is NaN or Inf."""
        if not self.enabled:
            optimizer.step()
            return
        if not self._unscaled:
            self._finite = self._check(optimizer)
        optimizer.step(scale=None if self._unscaled else self._scale, finite=self._finite)
        self._unscaled = False

    def update(self) -> None:
        """Adapt the factor to the last step."""
        if self.enabled and self._finite is not None:
            outputs = (self._scale.array, self._streak)
            primitives.update_scale.into(
                self._backend,
                outputs,
                *outputs,
                self._finite.array,
                growth_factor=self.growth_factor,
                backoff_factor=self.backoff_factor,
                growth_interval=self.growth_interval,
            )

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
            for start, stop in flat.stretches():
                part = primitives.all_finite(self._backend, flat.gradients[start:stop])
                flag = part if flag is None else self._both(flag, part)
        if flag is None:
            flag = self._backend.upload(np.asarray(True))
        return Tensor(flag, self._backend)

    def _both(self, a: Array, b: Array) -> Array:
        return primitives.pointwise(self._backend, a, b, rule="multiply", parameters=())
