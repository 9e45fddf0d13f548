"""Schedules that rise and fall, with the momentum in the opposite direction."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, floor, pi
from typing import NamedTuple

from dlcore.backend.interface.checks import require_option
from dlcore.errors import OptionError
from dlcore.optim.checks import for_each, require_count, require_in
from dlcore.optim.optimizer import Group, Optimizer
from dlcore.optim.schedule import LRScheduler


class Phase(NamedTuple):
    """A part of one cycle: where it ends, and which options of the group it goes between."""

    end: float
    rates: tuple[str, str]
    momenta: tuple[str, str]


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr, and down to that start / final_div_factor.

    Args:
        optimizer: whose learning rates change.
        max_lr: the largest rate; or one for each group.
        total_steps: of the whole run; or
        epochs, steps_per_epoch: their product.
        pct_start: share of the steps in which the rate rises.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: whether momentum (Adam's beta1) goes from `max_momentum` to `base_momentum`
            while the rate rises, and back.
        base_momentum, max_momentum: see there; or one for each group.
        div_factor, final_div_factor: see above.
        three_phase: fall to the first rate in as many steps as it rose in, and then further.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: no number of steps, an option out of range, or a momentum to cycle that the
            optimizer doesn't have; by `step`, more steps than there are.

    Source: Smith and Topin, Super-convergence, 2017 (arXiv 1708.07120).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            require_count("OneCycleLR without total_steps", "epochs", epochs or 0)
            require_count("OneCycleLR without total_steps", "steps_per_epoch", steps_per_epoch or 0)
            total_steps = (epochs or 0) * (steps_per_epoch or 0)
        require_count("OneCycleLR", "total_steps", total_steps)
        require_in("OneCycleLR", "pct_start", pct_start, 0.0, 1.0)
        require_option("OneCycleLR", "anneal_strategy", anneal_strategy, ("cos", "linear"))
        self.total_steps, self.cycle_momentum = total_steps, cycle_momentum
        self.anneal = _cosine if anneal_strategy == "cos" else _line
        self.phases = _phases(total_steps, pct_start, three_phase)
        groups = optimizer.param_groups
        if last_epoch == -1:
            for group, most in zip(
                groups, for_each("OneCycleLR", "max_lr", max_lr, len(groups)), strict=True
            ):
                first = most / div_factor
                group.update(initial_lr=first, max_lr=most, min_lr=first / final_div_factor)
        if cycle_momentum:
            _prepare_momentum("OneCycleLR", optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        done = self.last_epoch
        if done > self.total_steps:
            raise OptionError(
                "OneCycleLR",
                expected=f"at most {self.total_steps} steps",
                received=f"step {done}",
                remedy="build it with the total_steps of the whole run",
            )
        last = len(self.phases) - 1
        place = next((i for i, phase in enumerate(self.phases) if done <= phase.end), last)
        start, phase = self.phases[place - 1].end if place else 0.0, self.phases[place]
        # A rise of no length is over when it begins.
        share = (done - start) / (phase.end - start) if phase.end > start else 1.0

        def between(group: Group, names: tuple[str, str]) -> float:
            return self.anneal(group[names[0]], group[names[1]], share)

        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                _set_momentum(group, between(group, phase.momenta))
        return [between(group, phase.rates) for group in groups]


class CyclicLR(LRScheduler):
    """Between two rates in lines, up and down, again and again.

    Args:
        optimizer: whose learning rates change.
        base_lr, max_lr: the two rates; or one for each group.
        step_size_up, step_size_down: steps of a rise and of a fall (None: of a rise).
        mode: "triangular"; "triangular2", where each cycle is half as high as the one before; or
            "exp_range", where the height is multiplied by gamma at every step.
        gamma: see there.
        scale_fn: instead of a mode: from `scale_mode`'s count to the share of the height.
        scale_mode: "cycle", from 1, or "iterations", from 0.
        cycle_momentum: whether momentum (Adam's beta1) falls from `max_momentum` to `base_momentum`
            while the rate rises, and back.
        base_momentum, max_momentum: see there; or one for each group.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: no steps, an unknown mode, or a momentum to cycle that the optimizer doesn't
            have.

    Source: Smith, Cyclical learning rates for training neural networks, 2017 (arXiv 1506.01186).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[int], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        down = step_size_up if step_size_down is None else step_size_down
        require_count("CyclicLR", "step_size_up", step_size_up)
        require_count("CyclicLR", "step_size_down", down)
        scales: dict[str, tuple[Callable[[int], float], str]] = {
            "triangular": (lambda cycle: 1.0, "cycle"),
            "triangular2": (lambda cycle: 0.5 ** (cycle - 1), "cycle"),
            "exp_range": (lambda done: gamma**done, "iterations"),
        }
        if scale_fn is None:
            require_option("CyclicLR", "mode", mode, scales)
            scale_fn, scale_mode = scales[mode]
        require_option("CyclicLR", "scale_mode", scale_mode, ("cycle", "iterations"))
        self.scale_fn, self.scale_mode = scale_fn, scale_mode
        self.total_size = step_size_up + down
        self.step_ratio = step_size_up / self.total_size
        self.cycle_momentum = cycle_momentum
        groups = optimizer.param_groups
        base_lrs = for_each("CyclicLR", "base_lr", base_lr, len(groups))
        self.max_lrs = for_each("CyclicLR", "max_lr", max_lr, len(groups))
        if last_epoch == -1:
            for group, rate in zip(groups, base_lrs, strict=True):
                group["lr"] = rate
        if cycle_momentum:
            self.momenta = _prepare_momentum(
                "CyclicLR", optimizer, base_momentum, max_momentum, last_epoch
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs  # where another schedule was first, "initial_lr" is that one's

    def get_lr(self) -> list[float]:
        cycle = floor(1 + self.last_epoch / self.total_size)
        place = 1.0 + self.last_epoch / self.total_size - cycle
        if place <= self.step_ratio:
            height = place / self.step_ratio
        else:
            height = (place - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            groups = self.optimizer.param_groups
            for group, (base, most) in zip(groups, self.momenta, strict=True):
                _set_momentum(group, most - (most - base) * height)
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [base + (most - base) * height for base, most in pairs]


def _phases(total: int, rise: float, three: bool) -> list[Phase]:
    up, down = ("initial_lr", "max_lr"), ("max_lr", "min_lr")
    lighter, heavier = ("max_momentum", "base_momentum"), ("base_momentum", "max_momentum")
    first = Phase(rise * total - 1, up, lighter)
    if not three:
        return [first, Phase(total - 1, down, heavier)]
    return [
        first,
        Phase(2 * rise * total - 2, ("max_lr", "initial_lr"), heavier),
        Phase(total - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum")),
    ]


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2.0 * (cos(pi * share) + 1)


def _line(start: float, end: float, share: float) -> float:
    return (end - start) * share + start


def _prepare_momentum(
    owner: str,
    optimizer: Optimizer,
    base: float | list[float],
    most: float | list[float],
    last_epoch: int,
) -> list[tuple[float, float]]:
    """Write the range of each group's momentum into it, unless a run goes on; the ranges."""
    groups = optimizer.param_groups
    if not {"momentum", "betas"} & optimizer.defaults.keys():
        raise OptionError(
            owner,
            expected="an optimizer with momentum or betas, to cycle them",
            received=type(optimizer).__name__,
            remedy="pass cycle_momentum=False",
        )
    low = for_each(owner, "base_momentum", base, len(groups))
    high = for_each(owner, "max_momentum", most, len(groups))
    if last_epoch == -1:
        for group, smallest, largest in zip(groups, low, high, strict=True):
            group.update(base_momentum=smallest, max_momentum=largest)
    return list(zip(low, high, strict=True))


def _set_momentum(group: Group, value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
