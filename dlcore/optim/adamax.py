"""Adam that divides by the largest gradient instead of the mean square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.moments import MomentOptimizer


class Adamax(MomentOptimizer):
    """m = beta1 m + (1 - beta1) g; u = max(beta2 u, |g| + eps); p -= lr / (1 - beta1^t) m / u.

    Args:
        params: parameters or groups.
        lr: learning rate.
        betas: beta1 and beta2.
        eps: added to the gradient's size.
        weight_decay: added to the gradient, times the parameter.
        maximize: climb instead.

    Raises:
        OptionError: a negative rate, or a beta outside [0, 1).

    Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015 (arXiv 1412.6980),
    algorithm 2.
    """

    rule = "adamax"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, maximize=maximize)
