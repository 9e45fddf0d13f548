"""How often a classifier is right: accuracy, top k, and which class it takes for which.

Outputs are logits (N, C) or (N, C, D1, D2, ...) of any float dtype; targets are labels without
axis C, int64, as `cross_entropy` takes them. A sample with a NaN among its logits is wrong,
whatever its label. Labels equal to `ignore_index` don't count. Counts are int64, so exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.backend.base import Backend
from dlcore.backend.interface.loss import labelled
from dlcore.errors import IndexRangeError, OptionError, ShapeError
from dlcore.ops.compare import isnan
from dlcore.ops.create import zeros
from dlcore.ops.gather import index_add_
from dlcore.ops.reduce import any, argmax, sum
from dlcore.ops.select import where
from dlcore.ops.shape import flatten, unsqueeze
from dlcore.ops.sort import topk
from dlcore.tensors import Tensor
from dlcore.train.metric import Metric, require_samples

Counts = NDArray[np.int64]


class Accuracy(Metric):
    """The share of samples whose largest logit (the first of equals) is their label's.

    Args:
        ignore_index: samples with this label don't count.
        device: where the outputs will be.

    >>> import dlcore as dl
    >>> accuracy = Accuracy()
    >>> accuracy.update(dl.tensor([[0.1, 0.9], [0.8, 0.2]]), dl.tensor([1, 1]))
    >>> accuracy.compute()
    {'accuracy': 0.5}
    """

    name, better = "accuracy", "higher"

    def __init__(self, *, ignore_index: int = -100, device: str | Backend = "cpu") -> None:
        self.ignore_index = ignore_index
        names = ("right", "count", "outside")
        super().__init__(**{name: zeros((), dtype="int64", device=device) for name in names})

    def hits(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Which samples are right (bool, the shape of the targets)."""
        return argmax(outputs, 1) == targets

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        labelled(self.name, outputs.array, targets.array, None)
        counted = targets != self.ignore_index
        right = self.hits(outputs, targets) & counted & ~_undecided(outputs)
        outside = counted & ~_inside(targets, outputs.shape[1])
        for name, flags in (("right", right), ("count", counted), ("outside", outside)):
            self.sums[name] += sum(flags)

    def compute(self) -> dict[str, Any]:
        right, count, outside = (total.item() for total in self.sums.values())
        _require_inside(self, outside)
        require_samples(self, count)
        return {self.name: right / count}


class TopK(Accuracy):
    """The share of samples whose label is among the k largest logits (the first of equals).

    Its name is "top5" for k = 5. Updates raise OptionError where there are fewer than k classes.

    Raises:
        OptionError: a k below 1.
    """

    def __init__(
        self, k: int = 5, *, ignore_index: int = -100, device: str | Backend = "cpu"
    ) -> None:
        if k < 1:
            raise OptionError(
                "TopK", expected="k of at least 1", received=str(k), remedy="5 is customary"
            )
        self.k, self.name = k, f"top{k}"
        super().__init__(ignore_index=ignore_index, device=device)

    def hits(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return any(topk(outputs, self.k, 1).indices == unsqueeze(targets, 1), 1)


class ConfusionMatrix(Metric):
    """Which class is taken for which, and all that follows from it.

    `compute` gives, as shares from 0 to 1:

    - accuracy: samples that are right, of all;
    - balanced_accuracy: the mean recall of the classes that occur among the labels;
    - precision, recall, f1: means over all classes ("macro");
    - classes: for each class its name, precision, recall, f1 and support (samples with its label);
    - confusion: samples, rows are true classes, columns predicted ones;
    - undecided: for each true class the samples with a NaN, which are in no column.

    A share of nothing, 0/0, is 0: precision of a class that is never predicted, recall of one that
    doesn't occur.

    Source: the definitions are scikit-learn's, with zero_division=0.

    Args:
        classes: the classes' names in the order of their labels.
        ignore_index: samples with this label don't count.
        device: where the outputs will be.

    Raises:
        OptionError: no classes. ShapeError: in updates, another number of classes.
    """

    name, better = "accuracy", "higher"

    def __init__(
        self,
        classes: Sequence[str],
        *,
        ignore_index: int = -100,
        device: str | Backend = "cpu",
    ) -> None:
        if not classes:
            raise OptionError(
                "ConfusionMatrix",
                expected="the names of the classes",
                received="none",
                remedy="give one for each label",
            )
        self.classes, self.ignore_index = tuple(classes), ignore_index
        # Rows of C predictions and the undecided, then one place for labels outside.
        size = len(classes) * (len(classes) + 1) + 1
        super().__init__(counts=zeros(size, dtype="int64", device=device))

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        labelled(self.name, outputs.array, targets.array, None)
        size = len(self.classes)
        if outputs.shape[1] != size:
            raise ShapeError(
                self.name,
                expected=f"logits of {size} classes",
                received=f"outputs of shape {outputs.shape}",
                remedy="classes are axis 1; make the metric with the names of all of them",
            )
        predicted = where(_undecided(outputs), size, argmax(outputs, 1))
        place = where(_inside(targets, size), targets * (size + 1) + predicted, size * (size + 1))
        counted = (targets != self.ignore_index).long()
        index_add_(self.sums["counts"], 0, flatten(place), flatten(counted))

    def compute(self) -> dict[str, Any]:
        *inside, outside = self.sums["counts"].tolist()
        _require_inside(self, outside)
        counts = np.array(inside).reshape(len(self.classes), -1)
        confusion, undecided = counts[:, :-1], counts[:, -1]
        right, support, predicted = confusion.diagonal(), counts.sum(1), confusion.sum(0)
        require_samples(self, support.sum())
        recall = _share(right, support)
        figures = {
            "precision": _share(right, predicted),
            "recall": recall,
            "f1": _share(2 * right, support + predicted),
        }
        columns = {name: values.tolist() for name, values in figures.items()}
        columns |= {"support": support.tolist()}
        return {
            "accuracy": float(right.sum() / support.sum()),
            "balanced_accuracy": float(recall[support > 0].mean()),
            **{name: float(values.mean()) for name, values in figures.items()},
            "classes": [
                {"name": name, **{figure: values[label] for figure, values in columns.items()}}
                for label, name in enumerate(self.classes)
            ],
            "confusion": confusion.tolist(),
            "undecided": undecided.tolist(),
        }


def _undecided(outputs: Tensor) -> Tensor:
    """Which samples have a NaN: argmax and topk would take it for the largest logit."""
    return any(isnan(outputs), 1)


def _inside(labels: Tensor, classes: int) -> Tensor:
    return (labels >= 0) & (labels < classes)


def _require_inside(metric: Metric, outside: int) -> None:
    """Labels are looked at on the device, so a wrong one is only known when the host asks.

    Raises:
        IndexRangeError: there were labels that no class has.
    """
    if outside:
        raise IndexRangeError(
            metric.name,
            expected="labels from 0 to below the number of classes",
            received=f"{outside} outside since the last reset",
            remedy="correct the labels, or name the one to leave out as ignore_index",
        )


def _share(part: Counts, whole: Counts) -> NDArray[np.float64]:
    """Part / whole, and 0 of nothing."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
