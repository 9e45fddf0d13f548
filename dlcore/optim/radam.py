"""Adam that waits until its second moment is known well enough."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.moments import MomentOptimizer
from dlcore.optim.optimizer import Group


class RAdam(MomentOptimizer):
    """Momentum alone at first, then Adam's step times the rectification of its variance.

    The number of samples that v is a mean of is s = r - 2 t beta2^t / (1 - beta2^t), and
    r = 2 / (1 - beta2) - 1 in the end. Until s > 5, p -= lr m'. Then p -= lr m' / (sqrt(v') + eps)
    sqrt((s - 4) (s - 2) r / ((r - 4) (r - 2) s)), except that PyTorch, and this, adds eps to
    sqrt(v) before the bias of v is corrected.

    Args:
        params: parameters or groups.
        lr: learning rate.
        betas: what is kept of the means at a step: of the gradient, and of its square.
        eps: added to the root.
        weight_decay: added to the gradient, times the parameter.
        decoupled_weight_decay: p -= lr weight_decay p apart from the gradient instead.
        maximize: climb instead.

    Raises:
        OptionError: a negative rate, or a beta outside [0, 1).

    Source: Liu et al., On the variance of the adaptive learning rate and beyond, 2020
    (arXiv 1908.03265), algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def rule_of(self, group: Group) -> str:
        return "radamw" if group["decoupled_weight_decay"] else "radam"
