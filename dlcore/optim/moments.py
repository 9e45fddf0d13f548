"""What the optimizers share that keep running means of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class MomentOptimizer(Optimizer):
    """Base of Adam and those after it.

    Args:
        params: parameters or groups.
        lr: learning rate.
        betas: what is kept of the means at a step: of the gradient, and of its square.
        eps: keeps the denominator away from 0.
        weight_decay: added to the gradient, times the parameter.
        maximize: climb instead.
        switches: other options that choose the rule.

    Raises:
        OptionError: a negative number, or a beta outside [0, 1).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        *,
        maximize: bool,
        **switches: bool,
    ) -> None:
        name = type(self).__name__
        require_in(name, "lr", lr, 0.0)
        require_in(name, "eps", eps, 0.0)
        require_in(name, "weight_decay", weight_decay, 0.0)
        for beta in betas:
            require_in(name, "betas", beta, 0.0, 1.0 - 1e-12)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                **switches,
            },
        )

    def numbers(self, group: Group) -> list[float]:
        return [group["lr"], *group["betas"], group["eps"], group["weight_decay"]]
