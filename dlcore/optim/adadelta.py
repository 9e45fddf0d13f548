"""Steps of the size of past steps, divided by the root of a running mean of squared gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class Adadelta(Optimizer):
    """v = rho v + (1 - rho) g g; d = sqrt(a + eps) / sqrt(v + eps) g; p -= lr d.

    a = rho a + (1 - rho) d d, afterwards, is the running mean of squared steps.

    Args:
        params: parameters or groups.
        lr: what steps are multiplied with.
        rho: what is kept of the means at a step.
        eps: added to both means.
        weight_decay: added to the gradient, times the parameter.
        maximize: climb instead.

    Raises:
        OptionError: a negative number, or rho above 1.

    Source: Zeiler, ADADELTA: an adaptive learning rate method, 2012 (arXiv 1212.5701).
    """

    rule = "adadelta"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        for name, value in options.items():
            require_in("Adadelta", name, value, 0.0)
        require_in("Adadelta", "rho", rho, 0.0, 1.0)
        super().__init__(params, {**options, "maximize": maximize})

    def numbers(self, group: Group) -> list[float]:
        return [group[name] for name in ("lr", "rho", "eps", "weight_decay")]
