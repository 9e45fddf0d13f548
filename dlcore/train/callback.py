"""Callbacks: what happens beside the training steps."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from dlcore.backend.interface.checks import require_option
from dlcore.data.loader import Batch
from dlcore.errors import OptionError

if TYPE_CHECKING:
    from dlcore.train.trainer import Trainer

Results = dict[str, dict[str, Any]]
"""Loss and metrics of an epoch, by split."""


def evaluated(results: Results) -> str:
    """The split that counts: the one evaluated first, or training alone."""
    return next((split for split in results if split != "train"), "train")


class Callback:
    """Is told of what happens, and may look at the trainer and change it. Does nothing itself."""

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first step, or the first after a resume."""

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Before a pass over the training data, or what is left of one after a resume."""

    def on_step_end(self, trainer: Trainer, batch: Batch) -> None:
        """After every training step."""

    def on_epoch_end(self, trainer: Trainer, results: Results) -> None:
        """After a pass and its evaluations."""

    def on_fit_end(self, trainer: Trainer, results: Results) -> None:
        """After the last epoch; `results` are those of the last one, {} if none was left."""

    def state_dict(self) -> dict[str, Any]:
        """What it has to remember in a checkpoint: numbers, texts, lists and dicts of them."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""


class Best:
    """The best value of a metric so far.

    Args:
        metric: its name in the results of the split that counts.
        mode: "min" where lower is better, "max" where higher is.
        min_delta: an improvement is larger than this.

    Attributes:
        value: None before the first.

    Raises:
        OptionError: another mode.
    """

    def __init__(
        self, metric: str = "loss", mode: Literal["min", "max"] = "min", min_delta: float = 0.0
    ) -> None:
        require_option("Best", "mode", mode, ("min", "max"))
        self.metric, self.mode, self.min_delta = metric, mode, min_delta
        self.value: float | None = None

    def improved(self, results: Results) -> bool:
        """Note the value of an epoch, of the split that counts; None and NaN improve nothing.

        Raises:
            OptionError: the results hold no such metric.
        """
        split = evaluated(results)
        if self.metric not in results[split]:
            raise OptionError(
                "monitor",
                expected=f"one of {', '.join(results[split])}",
                received=repr(self.metric),
                remedy="choose one of these metrics",
            )
        value = results[split][self.metric]
        if value is None or not isfinite(value):
            return False
        if self.value is not None:
            gain = self.value - value if self.mode == "min" else value - self.value
            if not gain > self.min_delta:
                return False
        self.value = float(value)
        return True


class EarlyStopping(Callback):
    """Stops when a metric hasn't improved for some epochs.

    Args:
        patience: epochs without improvement after which the training ends.
        best: which metric of the evaluated split counts.

    Raises:
        OptionError: a patience below 1.
    """

    def __init__(self, patience: int, best: Best | None = None) -> None:
        if patience < 1:
            raise OptionError(
                "EarlyStopping",
                expected="patience of at least 1 epoch",
                received=repr(patience),
                remedy="leave it out to train all epochs",
            )
        self.patience, self.best = patience, best or Best()
        self.without = 0

    def on_epoch_end(self, trainer: Trainer, results: Results) -> None:
        self.without = 0 if self.best.improved(results) else self.without + 1
        if self.without >= self.patience:
            trainer.stopping = True

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best.value, "without": self.without}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best.value, self.without = state["best"], state["without"]
