"""Learning rates that change from step to step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from dlcore.backend.record import host
from dlcore.errors import OptionError
from dlcore.optim.checks import for_each
from dlcore.optim.optimizer import Optimizer

Function = Callable[[int], float]


class LRScheduler:
    """Base of all schedules; a subclass has `get_lr`.

    The rates themselves lie in the optimizer's groups. So a run goes on with the same rates when
    the states of both are loaded, in either order, into an optimizer and a schedule that were
    built anew, in this order, with the same arguments.

    Args:
        optimizer: whose groups it changes.
        last_epoch: the step before the first one, when a run goes on without the schedule's state:
            the groups hold "initial_lr" and the rate of step `last_epoch` + 1 then.

    Attributes:
        last_epoch: how often `step` was called: PyTorch's name, whatever is counted.
        base_lrs: the groups' learning rates at the start.

    Raises:
        OptionError: `last_epoch` without "initial_lr" in the groups; by `step`, groups that were
            added since, unless one factor serves all of them.
    """

    from_first: ClassVar[bool] = True
    """Whether `get_lr` looks at what each group had at first; groups added later don't have it."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise OptionError(
                    type(self).__name__,
                    expected="the optimizer of a run that goes on, with initial_lr in its groups",
                    received=f"last_epoch {last_epoch} and groups without",
                    remedy="load the optimizer's state first, or leave out last_epoch",
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch + 1
        self._set(self.first_lr())

    def get_lr(self) -> list[float]:
        """The rates at step `last_epoch`, which may depend on those in force."""
        raise NotImplementedError

    def first_lr(self) -> list[float]:
        """The rates at the first step."""
        return self.get_lr()

    def step(self) -> None:
        """Move on; in a recorded step, at every replay."""
        host(self.advance)

    def advance(self) -> None:
        """Move on now."""
        if self.from_first:
            self.require_groups()
        self.last_epoch += 1
        self._set(self.get_lr())

    def begin(self) -> None:
        """Go back to the first step, from the rates in force."""
        self.last_epoch = 0
        self._set(self.first_lr())

    def restart(self) -> None:
        """Go back to the first step, from the first rates."""
        self.require_groups()
        self._set(self.base_lrs)
        self.begin()

    def require_groups(self) -> None:
        """Refuse groups that were added since it was made."""
        groups = len(self.optimizer.param_groups)
        if groups != len(self.base_lrs):
            raise OptionError(
                type(self).__name__,
                expected=f"the {len(self.base_lrs)} parameter groups it was built for",
                received=f"an optimizer with {groups}",
                remedy="add all groups before making the schedule",
            )

    def get_last_lr(self) -> list[float]:
        """The learning rates in force."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """How far it is: numbers that JSON can hold."""
        return {"last_epoch": self.last_epoch, "base_lrs": self.base_lrs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to where `state_dict` was taken; the rates there are in the optimizer's state.

        Raises:
            OptionError: the state of another kind of schedule, or of other groups.
        """
        own = self.state_dict()
        missing = own.keys() - state.keys()
        if missing or len(state["base_lrs"]) != len(self.base_lrs):
            raise OptionError(
                f"{type(self).__name__}.load_state_dict",
                expected=f"{', '.join(own)}, for {len(self.base_lrs)} parameter groups",
                received=f"{', '.join(state)}"
                + ("" if missing else f", for {len(state['base_lrs'])}"),
                remedy="build the schedule that the state is of",
            )
        self.last_epoch = state["last_epoch"]
        self.base_lrs = list(state["base_lrs"])

    def _set(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate


class _ByFunctions(LRScheduler):
    """Base of the two below, which take a factor from a function for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Function | list[Function],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = for_each(type(self).__name__, "lr_lambda", lr_lambda, groups)
        super().__init__(optimizer, last_epoch)

    def times(self, rates: Sequence[float]) -> list[float]:
        """Rates times the factors at step `last_epoch`."""
        pairs = zip(rates, self.lr_lambdas, strict=True)
        return [rate * factor(self.last_epoch) for rate, factor in pairs]


class LambdaLR(_ByFunctions):
    """The first learning rate times any function of the steps done.

    Args:
        optimizer: whose learning rates change.
        lr_lambda: from the number of steps done to the factor; or one for each group.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: another number of functions than of groups.
    """

    def get_lr(self) -> list[float]:
        return self.times(self.base_lrs)


class MultiplicativeLR(_ByFunctions):
    """At every step the learning rate is multiplied by a function of the steps done.

    Args:
        optimizer: whose learning rates change.
        lr_lambda: from the number of steps done, 1 at first, to the factor; or one for each group.
        last_epoch: see `LRScheduler`.

    Raises: as `LambdaLR`.
    """

    def first_lr(self) -> list[float]:
        return self.get_last_lr()

    def get_lr(self) -> list[float]:
        return self.times(self.get_last_lr())

    def restart(self) -> None:
        """Begin at the rates in force times the factor of 0, as PyTorch does."""
        self.require_groups()
        self.last_epoch = 0
        self._set(self.get_lr())
