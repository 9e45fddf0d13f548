"""Schedules along half a cosine."""

from __future__ import annotations

from math import cos, floor, pi

from dlcore.backend.record import host
from dlcore.optim.checks import require_count
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.schedule import LRScheduler


class CosineAnnealingLR(LRScheduler):
    """From the first learning rate to `eta_min` in `T_max` steps, and back in the next `T_max`.

    rate = eta_min + (first - eta_min) (1 + cos(pi done / T_max)) / 2, computed from the rate in
    force, so that other schedules may change that, too.

    Args:
        optimizer: whose learning rates change.
        T_max: steps from the first rate to the last.
        eta_min: the last rate.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: no steps.

    Source: Loshchilov and Hutter, SGDR, 2017 (arXiv 1608.03983), equation 5.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        require_count("CosineAnnealingLR", "T_max", T_max)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def first_lr(self) -> list[float]:
        return self.get_last_lr()

    def get_lr(self) -> list[float]:
        rates = self.get_last_lr()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # at the bottom, no ratio
            climb = (1 - cos(pi / self.T_max)) / 2
            pairs = zip(rates, self.base_lrs, strict=True)
            return [rate + (base - self.eta_min) * climb for rate, base in pairs]
        ratio = self._height(self.last_epoch) / self._height(self.last_epoch - 1)
        return [ratio * (rate - self.eta_min) + self.eta_min for rate in rates]

    def _height(self, done: int) -> float:
        return 1 + cos(pi * done / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """From the first learning rate to `eta_min` along a cosine, again and again.

    Args:
        optimizer: whose learning rates change.
        T_0: steps of the first fall.
        T_mult: how many times as long as the one before each fall is.
        eta_min: the rate at the end of each.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: lengths that are no integers of at least 1.

    Source: Loshchilov and Hutter, SGDR, 2017 (arXiv 1608.03983), equation 5.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        require_count("CosineAnnealingWarmRestarts", "T_0", T_0)
        require_count("CosineAnnealingWarmRestarts", "T_mult", T_mult)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Move on by one step, or to any place: epoch 2.5 is halfway between steps 2 and 3."""
        host(self.advance if epoch is None else lambda: self._go_to(epoch))

    def get_lr(self) -> list[float]:
        return self._rates_at(self.last_epoch)

    def _go_to(self, epoch: float) -> None:
        self.last_epoch = floor(epoch)
        self._set(self._rates_at(epoch))

    def _rates_at(self, done: float) -> list[float]:
        length = self.T_0
        while done >= length:
            done -= length
            length *= self.T_mult
        height = (1 + cos(pi * done / length)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]
