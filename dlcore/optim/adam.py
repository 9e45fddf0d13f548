"""Adam, with weight decay in the gradient or apart from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.moments import MomentOptimizer
from dlcore.optim.optimizer import Group


class Adam(MomentOptimizer):
    """m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g; p -= lr m' / (sqrt(v') + eps).

    m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) make up for the start at zero.

    Args:
        params: parameters or groups.
        lr: learning rate.
        betas: beta1 and beta2.
        eps: added to the root.
        weight_decay: added to the gradient, times the parameter.
        amsgrad: divide by the root of the largest v so far.
        maximize: climb instead.
        decoupled_weight_decay: as `AdamW`.

    Raises:
        OptionError: a negative rate, or a beta outside [0, 1).

    Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015 (arXiv 1412.6980).
    amsgrad: Reddi, Kale and Kumar, On the convergence of Adam and beyond, 2018 (arXiv 1904.09237).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            maximize=maximize,
            amsgrad=amsgrad,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def rule_of(self, group: Group) -> str:
        rule = "amsgrad" if group["amsgrad"] else "adam"
        return rule + "w" if group["decoupled_weight_decay"] else rule


class AdamW(Adam):
    """Adam with p -= lr weight_decay p apart from the gradient.

    Args: as `Adam`.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019 (arXiv 1711.05101).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )
