"""Momentum with a learning rate for each parameter in proportion to its size: for large batches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class LARS(Optimizer):
    """b = momentum b + lr q (g + weight_decay p); p -= b.

    q = trust_coefficient |p| / (|g| + weight_decay |p|) is the trust ratio, 1 where |p| or |g| is
    0; |x| is the root of the sum of squares over one parameter.

    Args:
        params: parameters or groups.
        lr: learning rate of the whole network; schedules change this one.
        momentum, weight_decay: as in the formula.
        trust_coefficient: how far a parameter may move in one step of rate 1, relative to its size.
        maximize: climb instead.

    Raises:
        OptionError: a negative number.

    Source: You, Gitman and Ginsburg, Large batch training of convolutional networks, 2017
    (arXiv 1708.03888), algorithm 1.
    """

    rule = "lars"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 1e-3,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
        }
        for name, value in options.items():
            require_in("LARS", name, value, 0.0)
        super().__init__(params, {**options, "maximize": maximize})

    def numbers(self, group: Group) -> list[float]:
        names = ("lr", "momentum", "weight_decay", "trust_coefficient")
        return [group[name] for name in names]
