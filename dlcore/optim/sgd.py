"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class SGD(Optimizer):
    """g += weight_decay p; b = momentum b + (1 - dampening) g; p -= lr b.

    With `nesterov`, p -= lr (g + momentum b). At the first step b = g, and without momentum always.

    Args:
        params: parameters or groups.
        lr, momentum, dampening, weight_decay: as in the formula.
        nesterov: look ahead by one step of momentum.
        maximize: climb instead.

    Raises:
        OptionError: a negative rate, or nesterov without momentum or with dampening.

    Source: Sutskever et al., On the importance of initialization and momentum, 2013.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        require_in("SGD", "lr", lr, 0.0)
        require_in("SGD", "momentum", momentum, 0.0)
        require_in("SGD", "weight_decay", weight_decay, 0.0)
        if nesterov:
            require_in("SGD with nesterov", "momentum", momentum, 1e-30)
            require_in("SGD with nesterov", "dampening", dampening, 0.0, 0.0)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def numbers(self, group: Group) -> list[float]:
        dampening = group["dampening"] if group["momentum"] else 0.0  # of momentum only
        return [group["lr"], group["momentum"], dampening, group["weight_decay"]]

    def rule_of(self, group: Group) -> str:
        return "nesterov" if group["nesterov"] else "sgd"
