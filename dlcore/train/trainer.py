"""The training loop: recorded steps, loss scaling, metrics that stay on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from dlcore.autograd import no_grad
from dlcore.backend.interface.checks import require_option
from dlcore.compiled import compile
from dlcore.data.loader import Batch
from dlcore.errors import DataError
from dlcore.nn.module import Module
from dlcore.ops.create import zeros
from dlcore.ops.reduce import argmax
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.scaler import GradScaler
from dlcore.optim.schedule import LRScheduler
from dlcore.precision import PRECISIONS, Precision, autocast
from dlcore.tensors import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


class Metrics(NamedTuple):
    """Means over the samples of one pass.

    Attributes:
        loss: mean loss.
        accuracy: share of samples whose largest logit is their label's.
        samples: how many there were.
    """

    loss: float
    accuracy: float
    samples: int


class Trainer:
    """Trains and evaluates a classifier.

    Args:
        model: from inputs to logits (N, classes).
        loss: from logits and targets to the mean loss.
        optimizer: over the model's parameters.
        schedule: moved on after every step.
        precision: "fp32", "tf32", "fp16" (with dynamic loss scaling) or "bf16".
        recorded: record each step once and replay it, which gives the same bits.

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
    ) -> None:
        require_option("Trainer", "precision", precision, PRECISIONS)
        self.model, self.loss = model, loss
        self.optimizer, self.schedule = optimizer, schedule
        self.precision = precision
        self.backend = next(iter(model.parameters())).backend
        self.scaler = GradScaler(enabled=precision == "fp16", device=self.backend)
        self._step = compile(self.step) if recorded else self.step

    def train_epoch(self, batches: Iterable[Batch]) -> Metrics:
        """One optimizer step for each batch.

        Raises:
            DataError: the mean loss is NaN or infinite.
        """
        self.model.train()
        return self._run(batches, self._step)

    def evaluate(self, batches: Iterable[Batch]) -> Metrics:
        """Metrics without training."""
        self.model.eval()
        with no_grad():
            return self._run(batches, self._measure)

    def step(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Forward, backward, update; returns the loss and how many samples are right."""
        self.optimizer.zero_grad()
        loss, right = self._measure(inputs, targets)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.schedule is not None:
            self.schedule.step()
        return loss.detach(), right

    def _measure(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        with self._autocast():
            logits = self.model(inputs)
            loss = self.loss(logits, targets)
        with no_grad():
            right = (argmax(logits, 1) == targets).sum()
        return loss, right

    def _autocast(self) -> AbstractContextManager[object]:
        halves = {"fp16": "float16", "bf16": "bfloat16"}
        if self.precision in halves:
            return autocast(halves[self.precision])
        self.backend.configuration.tf32 = self.precision == "tf32"
        return nullcontext()

    def _run(
        self,
        batches: Iterable[Batch],
        step: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    ) -> Metrics:
        total = zeros((), device=self.backend)
        right = zeros((), dtype="int64", device=self.backend)
        samples = 0
        for inputs, targets in batches:
            size = len(targets)
            loss, correct = step(inputs, targets)
            with no_grad():
                total += loss.detach().float() * size
                right += correct
            samples += size
        mean = float(total.item()) / max(samples, 1)
        if not abs(mean) < float("inf"):
            raise DataError(
                "training",
                expected="a finite loss",
                received=f"a mean loss of {mean}",
                remedy="lower the learning rate with --lr, or check the data for NaN",
            )
        return Metrics(mean, right.item() / max(samples, 1), samples)
