"""Adam with a step for each parameter in proportion to its size: for large batches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.moments import MomentOptimizer


class LAMB(MomentOptimizer):
    """r = m' / (sqrt(v') + eps) + weight_decay p; p -= lr |p| / |r| r.

    m' and v' are Adam's, |x| is the root of the sum of squares over one parameter, and the trust
    ratio |p| / |r| is 1 where either is 0.

    Args:
        params: parameters or groups.
        lr: learning rate: how far a parameter moves in one step, relative to its size.
        betas: what is kept of the means at a step: of the gradient, and of its square.
        eps: added to the root.
        weight_decay: share of the parameter in the direction r.
        maximize: climb instead.

    Raises:
        OptionError: a negative rate, or a beta outside [0, 1).

    Source: You et al., Large batch optimization for deep learning: training BERT in 76 minutes,
    2020 (arXiv 1904.00962), algorithm 2 with phi(x) = x.
    """

    rule = "lamb"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 1e-2,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, maximize=maximize)
