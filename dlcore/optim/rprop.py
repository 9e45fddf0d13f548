"""Resilient backpropagation: steps that look only at the gradient's sign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlcore.optim.checks import require_in
from dlcore.optim.optimizer import Group, Optimizer


class Rprop(Optimizer):
    """p -= s sign(g), with a step size s for every element: for whole batches.

    s starts at lr, grows by eta_plus where the gradient keeps its sign and shrinks by eta_minus
    where it turns; there the element rests for one step.

    Args:
        params: parameters or groups.
        lr: the first step size.
        etas: eta_minus and eta_plus.
        step_sizes: the smallest and the largest step size.
        maximize: climb instead.

    Raises:
        OptionError: a negative number, or etas that aren't on both sides of 1.

    Source: Riedmiller and Braun, A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm, 1993; without going back by one step, as in PyTorch.
    """

    rule = "rprop"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        maximize: bool = False,
    ) -> None:
        require_in("Rprop", "lr", lr, 0.0)
        require_in("Rprop", "etas[0]", etas[0], 1e-12, 1.0 - 1e-12)
        require_in("Rprop", "etas[1]", etas[1], 1.0 + 1e-12)
        require_in("Rprop", "step_sizes[0]", step_sizes[0], 0.0, step_sizes[1])
        super().__init__(
            params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        )

    def numbers(self, group: Group) -> list[float]:
        return [group["lr"], *group["etas"], *group["step_sizes"]]
