"""The training loop: recorded steps, loss scaling, metrics that stay on the device, callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

from dlcore import random
from dlcore.backend.interface.checks import require_option
from dlcore.compiled import Compiled, compile
from dlcore.data.loader import Batch, DataLoader
from dlcore.errors import DataError
from dlcore.nn.module import Module
from dlcore.nn.utils import clip_grad_norm_
from dlcore.optim import LRScheduler, ReduceLROnPlateau
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.scaler import GradScaler
from dlcore.precision import PRECISIONS, Precision, at_precision
from dlcore.tensors import Tensor
from dlcore.train.callback import Callback, Results, evaluated
from dlcore.train.checkpoint import Checkpoint
from dlcore.train.metric import Metric
from dlcore.train.tally import Tally

Loss = Callable[[Tensor, Tensor], Tensor]


class Trainer:
    """Trains and evaluates a network.

    Args:
        model: from inputs to outputs.
        loss: from outputs and targets to the mean loss.
        optimizer: over the model's parameters.
        schedule: moved on after every step; a ReduceLROnPlateau after every epoch, by its loss.
        precision: "fp32", "tf32", "fp16" (with dynamic loss scaling) or "bf16".
        recorded: record each step once and replay it; see `compile`.
        clip_norm: gradients that are longer are shortened to it.
        metrics: taken of every pass, beside the loss.
        callbacks: told of what happens, in this order.

    Attributes:
        epoch: passes that are complete.
        step: steps taken.
        timing: of the last pass of training: seconds, samples, seconds waited for batches.
        loader: the batches it is trained with, once it is.
        stopping: set it to end the training after the epoch.

    Raises:
        OptionError: no such precision.
    """

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: Optimizer,
        schedule: LRScheduler | None = None,
        precision: Precision = "fp32",
        recorded: bool = True,
        *,
        clip_norm: float | None = None,
        metrics: Sequence[Metric] = (),
        callbacks: Sequence[Callback] = (),
    ) -> None:
        require_option("Trainer", "precision", precision, PRECISIONS)
        self.model, self.loss = model, loss
        self.optimizer, self.schedule = optimizer, schedule
        self.precision, self.clip_norm = precision, clip_norm
        self.callbacks = list(callbacks)
        self.backend = next(iter(model.parameters())).backend
        self.scaler = GradScaler(enabled=precision == "fp16", device=self.backend)
        self.epoch, self.step, self.stopping = 0, 0, False
        self.timing = {"seconds": 0.0, "samples": 0.0, "waiting": 0.0}
        self._tally = Tally(metrics, self.backend)
        self._goes_on = False  # the next pass is the rest of a restored one
        self.loader: DataLoader | None = None
        self._update = compile(self.update) if recorded else self.update

    def fit(
        self,
        loader: DataLoader,
        epochs: int,
        evaluations: Mapping[str, Iterable[Batch]] | None = None,
    ) -> Results:
        """Train until `epochs` passes are complete; goes on where a restored run was.

        Args:
            loader: the training batches.
            epochs: passes in all.
            evaluations: batches to evaluate after every epoch, by the name of their split.

        Returns: the results of the last epoch, by split; {} if there was nothing left to do.

        Raises:
            DataError: the loss is NaN or infinite.
        """
        self.loader = loader
        results: Results = {}
        self._tell("on_fit_start")
        while self.epoch < epochs and not self.stopping:
            self._tell("on_epoch_start")
            results = {"train": self.train_epoch(loader)}
            for split, batches in (evaluations or {}).items():
                results[split] = self.evaluate(batches)
            self.epoch += 1
            if isinstance(self.schedule, ReduceLROnPlateau):
                self.schedule.step(results[evaluated(results)]["loss"])
            self._tell("on_epoch_end", results)
        self._tell("on_fit_end", results)
        return results

    def train_epoch(self, batches: Iterable[Batch]) -> dict[str, Any]:
        """One optimizer step for each batch.

        Returns: loss and metrics, means over the samples of the pass.

        Raises:
            DataError: the loss is NaN or infinite.
        """
        self.model.train()
        if not self._goes_on:
            self._tally.reset()
        self._goes_on = False
        start, waiting, samples = perf_counter(), 0.0, 0
        running = iter(batches)
        while True:
            asked = perf_counter()
            batch = next(running, None)
            waiting += perf_counter() - asked
            if batch is None:
                break
            self._update(*batch)
            self.step += 1
            samples += len(batch.targets)
            self._tell("on_step_end", batch)
        result = self._tally.result()
        self._tally.reset()
        self.timing = {
            "seconds": perf_counter() - start,
            "samples": samples,
            "waiting": waiting,
        }
        return result

    def evaluate(self, batches: Iterable[Batch]) -> dict[str, Any]:
        """Loss and metrics without training.

        Args:
            batches: of one pass.

        Returns: loss and metrics, means over the samples.

        Raises:
            DataError: the loss is NaN or infinite.
        """
        self.model.eval()
        return self._tally.fresh().of(batches, self._forward)

    def update(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Forward, backward, update; returns the batch's mean loss, of shape ()."""
        self.optimizer.zero_grad()
        loss, outputs = self._forward(inputs, targets)
        self.scaler.scale(loss).backward()
        if self.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            clip_grad_norm_(self.model.parameters(), self.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.schedule is not None and not isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step()
        self._tally.add(loss, outputs, targets)
        return loss.detach()

    def _forward(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        with at_precision(self.precision, self.backend):
            outputs = self.model(inputs)
            return self.loss(outputs, targets), outputs

    def _tell(self, event: str, *details: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self, *details)

    # -- what a run needs to go on -------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """All that decides how the training goes on, between two steps. Reads the device.

        A restored trainer has no recordings yet, so those that change bits are forgotten here, too.

        Raises:
            DataError: the loss so far is NaN or infinite: there is nothing worth to go on with.
        """
        self._tally.check()
        if isinstance(self._update, Compiled):
            self._update.forget()
        optimizer = self.optimizer.state_dict()
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for place, values in optimizer["state"].items():
            tensors |= {f"optimizer.{place}.{name}": value for name, value in values.items()}
        state = {
            "epoch": self.epoch,
            "step": self.step,
            "stopping": self.stopping,
            "loader": None if self.loader is None else self.loader.state_dict(),
            "random": random.state_dict(),
            "optimizer": optimizer["param_groups"],
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "pass": self._tally.state_dict(),
            "callbacks": [
                {"kind": type(callback).__name__, "state": callback.state_dict()}
                for callback in self._remembering()
            ],
        }
        return Checkpoint(state, tensors)

    def restore(self, checkpoint: Checkpoint, loader: DataLoader) -> None:
        """Go to where a checkpoint was taken; the next `fit` continues from there.

        Args:
            checkpoint: of a trainer that was made in the same way.
            loader: over the same data, to be set to the next batch.

        Raises:
            DataError: the checkpoint is of another kind of run.
        """
        state, tensors = checkpoint
        kinds = [type(callback).__name__ for callback in self._remembering()]
        saved = [entry["kind"] for entry in state["callbacks"]]
        if kinds != saved:
            raise DataError(
                "checkpoint",
                expected=f"the state of callbacks {', '.join(kinds) or 'none'}",
                received=f"that of {', '.join(saved) or 'none'}",
                remedy="resume with the callbacks that the run was started with",
            )
        self.model.load_state_dict(model_tensors(checkpoint))
        places: dict[int, dict[str, Tensor]] = {}
        for path, value in tensors.items():
            owner, _, rest = path.partition(".")
            if owner == "optimizer":
                place, _, name = rest.partition(".")
                places.setdefault(int(place), {})[name] = value
        self.optimizer.load_state_dict({"state": places, "param_groups": state["optimizer"]})
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.step = int(state["epoch"]), int(state["step"])
        self.stopping = state["stopping"]
        self._tally.load_state_dict(state["pass"])
        self._goes_on = True
        for callback, entry in zip(self._remembering(), state["callbacks"], strict=True):
            callback.load_state_dict(entry["state"])
        loader.load_state_dict(state["loader"])
        self.loader = loader
        random.load_state_dict(state["random"])

    def _remembering(self) -> list[Callback]:
        """The callbacks that have something to remember: a progress bar has not."""
        return [callback for callback in self.callbacks if callback.state_dict()]


def model_tensors(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """The network's `state_dict` in a checkpoint."""
    prefix = "model."
    parts = checkpoint.tensors.items()
    return {name[len(prefix) :]: value for name, value in parts if name.startswith(prefix)}
