"""Learning rates that change from step to step."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

from dlcore.backend.record import host
from dlcore.optim.optimizer import Optimizer


class LRScheduler:
    """Base of all schedules: learning rate = first learning rate x factor(steps done).

    Args:
        optimizer: whose groups it changes.
        factor: from the number of steps done to the factor.

    Attributes:
        last_epoch: how often `step` was called: PyTorch's name, whatever is counted.
        base_lrs: the groups' learning rates at the start.
    """

    def __init__(self, optimizer: Optimizer, factor: Callable[[int], float]) -> None:
        self.optimizer, self.factor = optimizer, factor
        self.base_lrs = [group["lr"] for group in optimizer.param_groups]
        self.last_epoch = 0
        self._set()

    def step(self) -> None:
        """Move on; in a recorded step, at every replay."""
        host(self._advance)

    def get_last_lr(self) -> list[float]:
        """The learning rates in force."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, int]:
        """How far it is."""
        return {"last_epoch": self.last_epoch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go to where `state_dict` was taken."""
        self.last_epoch = state["last_epoch"]
        self._set()

    def _advance(self) -> None:
        self.last_epoch += 1
        self._set()

    def _set(self) -> None:
        factor = self.factor(self.last_epoch)
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = base * factor


class LambdaLR(LRScheduler):
    """The factor is any function of the steps done.

    Args:
        optimizer: whose learning rates change.
        lr_lambda: from the number of steps done to the factor.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        super().__init__(optimizer, lr_lambda)


class StepLR(LRScheduler):
    """The factor is multiplied by `gamma` every `step_size` steps.

    Args:
        optimizer: whose learning rates change.
        step_size: steps between two changes.
        gamma: what the rates are multiplied with.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer, lambda done: gamma ** (done // step_size))


class CosineAnnealingLR(LRScheduler):
    """From the first learning rate to `eta_min` along half a cosine of `T_max` steps.

    Args:
        optimizer: whose learning rates change.
        T_max: steps from the first rate to the last.
        eta_min: the last rate.

    Source: Loshchilov and Hutter, SGDR, 2017 (arXiv 1608.03983), equation 5.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, lambda done: (1 + cos(pi * done / T_max)) / 2)

    def _set(self) -> None:
        factor = self.factor(self.last_epoch)
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self.eta_min + (base - self.eta_min) * factor
