"""Steps divided by the root of the sum of all squared gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class Adagrad(Optimizer):
    """g += weight_decay p; s += g g; p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps).

    Args:
        params: parameters or groups.
        lr, lr_decay, weight_decay: as in the formula.
        initial_accumulator_value: what s is before the first step; a group may have its own, for
            which PyTorch takes the default.
        eps: added to the root.
        maximize: climb instead.

    Raises:
        OptionError: a negative number.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and
    stochastic optimization, 2011.
    """

    rule = "adagrad"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
        }
        for name, value in options.items():
            require_in("Adagrad", name, value, 0.0)
        super().__init__(params, {**options, "maximize": maximize})

    def numbers(self, group: Group) -> list[float]:
        names = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")
        return [group[name] for name in names]
