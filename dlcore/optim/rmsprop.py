"""Steps divided by the root of a running mean of squared gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class RMSprop(Optimizer):
    """v = alpha v + (1 - alpha) g g; b = momentum b + g / (sqrt(v) + eps); p -= lr b.

    With `centered` the square of the gradient's own running mean is taken from v first: what is
    left is the variance.

    Args:
        params: parameters or groups.
        lr: learning rate.
        alpha: what is kept of the means at a step.
        eps: added to the root.
        weight_decay: added to the gradient, times the parameter.
        momentum: as in the formula.
        centered: see above.
        maximize: climb instead.

    Raises:
        OptionError: a negative number.

    Source: Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012; centered:
    Graves, Generating sequences with recurrent neural networks, 2013 (arXiv 1308.0850), equations
    38 to 45 (with eps outside the root, as in PyTorch).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
        }
        for name, value in options.items():
            require_in("RMSprop", name, value, 0.0)
        super().__init__(params, {**options, "centered": centered, "maximize": maximize})

    def rule_of(self, group: Group) -> str:
        return "centered_rmsprop" if group["centered"] else "rmsprop"

    def numbers(self, group: Group) -> list[float]:
        return [group[name] for name in ("lr", "alpha", "eps", "weight_decay", "momentum")]
