"""What a network learns: which class a sample is of, or numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dlcore.backend.base import Backend
from dlcore.data.preparation import Preparation
from dlcore.nn.module import Module
from dlcore.ops.loss import cross_entropy
from dlcore.ops.regression_loss import mse_loss
from dlcore.tensors import Tensor
from dlcore.train.classification import Accuracy, TopK
from dlcore.train.metric import Better, Metric
from dlcore.train.metrics import classification_metrics, regression_metrics


class Task(NamedTuple):
    """How outputs are judged.

    Attributes:
        loss: from outputs and targets.
        metrics: taken of every epoch.
        evaluation: all there are.
    """

    loss: Callable[[Tensor, Tensor], Tensor]
    metrics: list[Metric]
    evaluation: Metric

    @property
    def better(self) -> dict[str, Better]:
        """For each figure of an epoch, whether lower or higher is better."""
        return {"loss": "lower", **{metric.name: metric.better for metric in self.metrics}}


def task(
    model: Module, preparation: Preparation, backend: Backend, label_smoothing: float = 0.0
) -> Task:
    """Cross entropy and accuracy for classes; squared errors and their root for numbers.

    Args:
        model: labels are smoothed only while it trains.
        preparation: of the data, which knows the classes and the target's units.
        backend: where the outputs will be.
        label_smoothing: share of each label given to all classes.
    """
    if not preparation.classes:
        whole = regression_metrics(preparation.target_scale, device=backend)
        return Task(mse_loss, list(whole.parts), whole)

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        smoothing = label_smoothing if model.training else 0.0
        return cross_entropy(outputs, targets, label_smoothing=smoothing)

    light: list[Metric] = [Accuracy(device=backend)]
    if len(preparation.classes) > 5:
        light.append(TopK(5, device=backend))
    return Task(loss, light, classification_metrics(preparation.classes, device=backend))
