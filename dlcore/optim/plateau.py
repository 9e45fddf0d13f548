"""The schedule that looks at how training goes."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isinf
from typing import Any, SupportsFloat

from dlcore.backend.interface.checks import require_option
from dlcore.backend.record import host
from dlcore.optim.checks import for_each, require_in
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.schedule import LRScheduler


class ReduceLROnPlateau(LRScheduler):
    """The rate is multiplied by `factor` when a measure has not improved for `patience` steps.

    Args:
        optimizer: whose learning rates change.
        mode: "min" if less is better, as of a loss, or "max".
        factor: below 1.
        patience: how many steps without improvement are let pass.
        threshold: how much better is better.
        threshold_mode: "rel": in parts of the best value, or "abs".
        cooldown: how many steps after a change don't count.
        min_lr: the rate stays above; or one for each group.
        eps: a change of the rate by less isn't made.

    Attributes:
        best: the best value so far.
        num_bad_epochs: steps without improvement.
        cooldown_counter: steps that don't count, still to come.

    Raises:
        OptionError: a factor outside [0, 1), or an unknown mode.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        require_in("ReduceLROnPlateau", "factor", factor, 0.0, 1.0 - 1e-12)
        require_option("ReduceLROnPlateau", "mode", mode, ("min", "max"))
        require_option("ReduceLROnPlateau", "threshold_mode", threshold_mode, ("rel", "abs"))
        groups = len(optimizer.param_groups)
        self.min_lrs = for_each("ReduceLROnPlateau", "min_lr", min_lr, groups)
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.best = self._worst()
        self.num_bad_epochs = self.cooldown_counter = 0
        super().__init__(optimizer)

    # The one schedule whose step takes something: what it looks at.
    def step(self, metrics: SupportsFloat) -> None:  # type: ignore[override]
        """Note a value of the measure; reads the device if it is a tensor."""
        value = float(metrics)
        host(lambda: self._note(value))

    def _note(self, value: float) -> None:
        self.last_epoch += 1
        if self._better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._set(self.get_lr())
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def first_lr(self) -> list[float]:
        return self.get_last_lr()

    def get_lr(self) -> list[float]:
        pairs = list(zip(self.get_last_lr(), self.min_lrs, strict=True))
        lower = [max(rate * self.factor, least) for rate, least in pairs]
        return [
            new if rate - new > self.eps else rate
            for (rate, _), new in zip(pairs, lower, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "best": None if isinf(self.best) else self.best,  # JSON has no infinity
            "num_bad_epochs": self.num_bad_epochs,
            "cooldown_counter": self.cooldown_counter,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.best = self._worst() if state["best"] is None else state["best"]
        self.num_bad_epochs = state["num_bad_epochs"]
        self.cooldown_counter = state["cooldown_counter"]

    def _worst(self) -> float:
        return inf if self.mode == "min" else -inf

    def _better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            border = self.best * (1 + sign * self.threshold)
        else:
            border = self.best + sign * self.threshold
        return sign * value > sign * border
