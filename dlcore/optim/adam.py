"""Adam, with weight decay in the gradient or apart from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class Adam(Optimizer):
    """m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g; p -= lr m' / (sqrt(v') + eps).

    m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) make up for the start at zero.

    Args:
        params: parameters or groups.
        lr: learning rate.
        betas: beta1 and beta2.
        eps: added to the root.
        weight_decay: added to the gradient, times the parameter.
        maximize: climb instead.

    Raises:
        OptionError: a negative rate, or a beta outside [0, 1).

    Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015 (arXiv 1412.6980).
    """

    rule = "adam"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
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
            },
        )

    def numbers(self, group: Group) -> list[float]:
        return [group["lr"], *group["betas"], group["eps"], group["weight_decay"]]


class AdamW(Adam):
    """Adam with p -= lr weight_decay p apart from the gradient.

    Args: as `Adam`.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019 (arXiv 1711.05101).
    """

    rule = "adamw"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, maximize=maximize)
