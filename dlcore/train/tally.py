"""What one pass over data adds up: the loss and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from math import isfinite
from typing import Any

import numpy as np

from dlcore.autograd import no_grad
from dlcore.backend.base import Backend
from dlcore.data.loader import Batch
from dlcore.errors import DataError
from dlcore.ops.create import zeros
from dlcore.ops.inplace import zero_
from dlcore.tensors import Tensor
from dlcore.train.metric import Metric

Forward = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class Tally:
    """The sum of a pass so far, on the device: recorded steps may add to it.

    Args:
        metrics: taken beside the loss.
        backend: where the batches are.
    """

    def __init__(self, metrics: Sequence[Metric], backend: Backend) -> None:
        self.metrics, self.backend = list(metrics), backend
        self.samples = zeros((), dtype="int64", device=backend)
        self.loss = zeros((), dtype="float64", device=backend)
        self.reset()

    def reset(self) -> None:
        """Start a pass."""
        zero_(self.samples)
        zero_(self.loss)
        for metric in self.metrics:
            metric.reset()

    def fresh(self) -> Tally:
        """Another one for another pass, of the same metrics."""
        return Tally(deepcopy(self.metrics), self.backend)

    def of(self, batches: Iterable[Batch], forward: Forward) -> dict[str, Any]:
        """Mean loss and metrics of a whole pass without gradients. Reads the device at the end.

        Args:
            batches: of the pass.
            forward: from inputs and targets to the mean loss and the outputs.

        Raises:
            DataError: as `result`.
        """
        with no_grad():
            for inputs, targets in batches:
                loss, outputs = forward(inputs, targets)
                self.add(loss, outputs, targets)
        return self.result()

    def add(self, loss: Tensor, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch whose mean loss is `loss`."""
        size = len(targets)
        with no_grad():
            self.loss += loss.detach().double() * size
            self.samples += size
        for metric in self.metrics:
            metric.update(outputs.detach(), targets)

    def result(self) -> dict[str, Any]:
        """Mean loss and metrics. Reads the device.

        Raises:
            DataError: there was no sample, or the loss is NaN or infinite.
        """
        self.check()
        samples = self.samples.item()
        if not samples:
            raise DataError(
                "data",
                expected="at least one sample that can be read in every part",
                received="a part with none",
                remedy="replace the files that were left out",
            )
        result: dict[str, Any] = {"loss": self.loss.item() / samples}
        for metric in self.metrics:
            result |= metric.compute()
        return result

    def check(self) -> None:
        """Refuse a loss that is NaN or infinite. Reads the device."""
        total = self.loss.item()
        if not isfinite(total):
            raise DataError(
                "loss",
                expected="a finite loss",
                received=f"a mean loss of {total}",
                remedy="lower the learning rate with --lr, or check the data for NaN",
            )

    def state_dict(self) -> dict[str, Any]:
        """Exactly where it is, in JSON values."""
        return {
            "samples": self.samples.item(),
            "loss": self.loss.item(),
            "metrics": [metric.state() for metric in self.metrics],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to where `state_dict` was taken."""
        self.backend.write(self.samples.array, np.asarray(state["samples"]))
        self.backend.write(self.loss.array, np.asarray(state["loss"]))
        for metric, saved in zip(self.metrics, state["metrics"], strict=True):
            metric.load_state(saved)
