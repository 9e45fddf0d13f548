"""Schedules that multiply the rates in force, so that several of them work together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dlcore.optim.checks import require_count, require_in
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.schedule import LRScheduler


class RatioLR(LRScheduler):
    """Base of the schedules below: a subclass says what a step multiplies the rates with.

    Args: as `LRScheduler`.
    """

    from_first = False

    def ratio(self, done: int) -> float:
        """The rate at step `done`, in parts of that one step before, or of the first at 0."""
        raise NotImplementedError

    def first_lr(self) -> list[float]:
        return self.get_lr() if self.last_epoch == 0 else self.get_last_lr()

    def get_lr(self) -> list[float]:
        ratio = self.ratio(self.last_epoch)
        return [rate * ratio for rate in self.get_last_lr()]


class StepLR(RatioLR):
    """The rate is multiplied by `gamma` every `step_size` steps.

    Args:
        optimizer: whose learning rates change.
        step_size: steps between two changes.
        gamma: what the rates are multiplied with.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: a step size below 1.
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        require_count("StepLR", "step_size", step_size)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self, done: int) -> float:
        return self.gamma if done > 0 and done % self.step_size == 0 else 1.0


class MultiStepLR(RatioLR):
    """The rate is multiplied by `gamma` at each of the milestones.

    Args:
        optimizer: whose learning rates change.
        milestones: numbers of steps; one given twice counts twice.
        gamma: what the rates are multiplied with.
        last_epoch: see `LRScheduler`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self, done: int) -> float:
        return self.gamma ** self.milestones[done]


class ExponentialLR(RatioLR):
    """The rate is multiplied by `gamma` at every step.

    Args:
        optimizer: whose learning rates change.
        gamma: what the rates are multiplied with.
        last_epoch: see `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self, done: int) -> float:
        return self.gamma if done > 0 else 1.0


class ConstantLR(RatioLR):
    """The rate is `factor` times the first one until `total_iters` steps are done.

    Args:
        optimizer: whose learning rates change.
        factor: above 0, at most 1. (PyTorch takes 0, and fails when it divides by it.)
        total_iters: how many steps.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: another factor.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        require_in("ConstantLR", "factor", factor, 1e-300, 1.0)
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def ratio(self, done: int) -> float:
        if done == 0:
            return self.factor
        return 1.0 / self.factor if done == self.total_iters else 1.0


class LinearLR(RatioLR):
    """The rate goes in a line from `start_factor` to `end_factor` times the first one.

    Args:
        optimizer: whose learning rates change.
        start_factor: above 0, at most 1.
        end_factor: from 0 to 1.
        total_iters: steps from start to end.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: other factors, or no steps.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        require_in("LinearLR", "start_factor", start_factor, 1e-300, 1.0)
        require_in("LinearLR", "end_factor", end_factor, 0.0, 1.0)
        require_count("LinearLR", "total_iters", total_iters)
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def ratio(self, done: int) -> float:
        if done == 0:
            return self.start_factor
        if done > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (done - 1) * rise)


class PolynomialLR(RatioLR):
    """The rate is the first one times (1 - done / total_iters)^power, and 0 after that.

    Args:
        optimizer: whose learning rates change.
        total_iters: steps until it is 0.
        power: 1 is a line.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: no steps, or a negative power.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        require_count("PolynomialLR", "total_iters", total_iters)
        require_in("PolynomialLR", "power", power, 0.0)
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def ratio(self, done: int) -> float:
        if done == 0 or done > self.total_iters:
            return 1.0
        left, before = 1.0 - done / self.total_iters, 1.0 - (done - 1) / self.total_iters
        return float((left / before) ** self.power)
