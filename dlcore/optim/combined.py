"""Several schedules of one optimizer: all at once, or one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from dlcore.errors import OptionError
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.plateau import ReduceLROnPlateau
from dlcore.optim.schedule import LRScheduler


class _Combined(LRScheduler):
    """What both share: the schedules, and their states.

    Raises:
        OptionError: no schedules, of several optimizers, or one that looks at a measure.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        owner = type(self).__name__
        if not schedulers:
            raise _refused(owner, "at least one schedule", "none")
        self.optimizer = optimizer or schedulers[0].optimizer
        for scheduler in schedulers:
            if isinstance(scheduler, ReduceLROnPlateau):
                raise _refused(owner, "schedules of steps alone", "ReduceLROnPlateau")
            if scheduler.optimizer is not self.optimizer:
                raise _refused(owner, "schedules of one optimizer", "those of several")
        self.schedulers = list(schedulers)
        self.base_lrs = schedulers[0].base_lrs
        self.last_epoch = 0

    def state_dict(self) -> dict[str, Any]:
        states = [scheduler.state_dict() for scheduler in self.schedulers]
        return {**super().state_dict(), "schedulers": states}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        count = len(state.get("schedulers", self.schedulers))
        if count != len(self.schedulers):
            owner = f"{type(self).__name__}.load_state_dict"
            raise _refused(owner, f"states of {len(self.schedulers)} schedules", f"{count}")
        super().load_state_dict(state)
        for scheduler, own in zip(self.schedulers, state["schedulers"], strict=True):
            scheduler.load_state_dict(own)


class ChainedScheduler(_Combined):
    """All schedules move on at every step, each from the rates that the one before leaves.

    Args:
        schedulers: of one optimizer.
        optimizer: that one, if given.

    Raises:
        OptionError: as `SequentialLR`.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        super().__init__(schedulers, optimizer)

    def advance(self) -> None:
        self.last_epoch += 1
        for scheduler in self.schedulers:
            scheduler.advance()

    def begin(self) -> None:
        self.last_epoch = 0
        for scheduler in self.schedulers:
            scheduler.begin()


class SequentialLR(_Combined):
    """One schedule after the other, each from its first step on.

    Args:
        optimizer: whose learning rates change.
        schedulers: of this optimizer, in order.
        milestones: after how many steps the second begins, the third, ...
        last_epoch: -1, as the schedules begin with it.

    Raises:
        OptionError: no schedules, of several optimizers, one that looks at a measure, or another
            number of milestones than one less than schedules.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise _refused(
                "SequentialLR",
                f"{len(schedulers) - 1} milestones between {len(schedulers)} schedules",
                f"{len(milestones)}",
            )
        self.milestones = list(milestones)
        self.begin()
        self.last_epoch = last_epoch + 1

    def advance(self) -> None:
        self.last_epoch += 1
        place = bisect_right(self.milestones, self.last_epoch)
        if place > 0 and self.milestones[place - 1] == self.last_epoch:
            self.schedulers[place].restart()
        else:
            self.schedulers[place].advance()

    def begin(self) -> None:
        self.require_groups()
        self.last_epoch = 0
        # A schedule made later may have set other first rates; the first one starts at them, too.
        self._set([group["initial_lr"] for group in self.optimizer.param_groups])
        self.schedulers[bisect_right(self.milestones, 0)].begin()


def _refused(owner: str, expected: str, received: str) -> OptionError:
    return OptionError(
        owner, expected=expected, received=received, remedy="see the arguments in its docstring"
    )
