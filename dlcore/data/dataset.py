"""What every data set is: samples that are read by number, and their targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dlcore.backend.base import HostArray
from dlcore.errors import DataError

Numbers = NDArray[np.int64]


class Samples(NamedTuple):
    """Some samples of a data set.

    Attributes:
        numbers: which ones, int64 (n,).
        inputs: (n, ...), images are (n, channels, height, width), uint8 or float32.
        targets: (n,) class labels int64, or (n, ...) numbers float32.
    """

    numbers: Numbers
    inputs: HostArray
    targets: HostArray


class Dataset(ABC):
    """Samples by number, from 0 to below its length.

    Attributes:
        targets: of all samples, known without reading one: int64 labels (N,) or float32 (N, ...).
        classes: the classes' names in the order of their labels; empty where targets are numbers.
        shape: of the input of one sample.
    """

    targets: HostArray
    classes: tuple[str, ...]
    shape: tuple[int, ...]

    @abstractmethod
    def read(self, numbers: Numbers) -> Samples:
        """The samples with these numbers; one that turns out unreadable is left out.

        Called from several threads at once.
        """

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, number: int) -> tuple[HostArray, Any]:
        """Input and target of one sample.

        Raises:
            IndexError: there is no such number. DataError: the sample can't be read.
        """
        if not -len(self) <= number < len(self):
            raise IndexError(f"sample {number} of {len(self)}")
        _, inputs, targets = self.read(np.array([number % len(self)]))
        if not len(inputs):
            raise DataError(
                "data set",
                expected="a readable sample",
                received=f"sample {number}, which is damaged",
                remedy="leave it out",
            )
        return inputs[0], targets[0]


class ArrayDataset(Dataset):
    """Samples and targets in two host arrays.

    Args:
        inputs: (N, ...): axis 0 counts the samples.
        targets: (N, ...): class labels int64 (N,), or numbers.
        classes: names of the classes that labels stand for.

    Raises:
        DataError: inputs and targets of different lengths, a label outside the classes, NaN or
            infinity.
    """

    def __init__(self, inputs: HostArray, targets: HostArray, classes: Sequence[str] = ()) -> None:
        self.inputs, self.targets = inputs, targets
        self.classes = tuple(classes)
        self.shape = inputs.shape[1:]
        if len(inputs) != len(targets):
            raise DataError(
                "data set",
                expected=f"a target for each of {len(inputs)} samples",
                received=f"{len(targets)} targets",
                remedy="take both from the same source",
            )
        check_labels("data set", targets, self.classes)
        check_finite("data set", "inputs", inputs)
        check_finite("data set", "targets", targets)

    def read(self, numbers: Numbers) -> Samples:
        return Samples(numbers, self.inputs[numbers], self.targets[numbers])


class Subset(Dataset):
    """Some samples of a data set, under new numbers.

    Args:
        dataset: which one.
        numbers: the samples' numbers there, in the order of those here.
    """

    def __init__(self, dataset: Dataset, numbers: Numbers) -> None:
        self.dataset, self.numbers = dataset, numbers
        self.targets = dataset.targets[numbers]
        self.classes, self.shape = dataset.classes, dataset.shape

    def read(self, numbers: Numbers) -> Samples:
        found, inputs, targets = self.dataset.read(self.numbers[numbers])
        if len(found) < len(numbers):
            numbers = numbers[np.isin(self.numbers[numbers], found)]
        return Samples(numbers, inputs, targets)


def check_labels(source: str, labels: HostArray, classes: Sequence[str]) -> None:
    """Refuse a label that no class has.

    Raises:
        DataError: names the sample.
    """
    if not classes or not labels.size:
        return
    wrong = np.flatnonzero((labels < 0) | (labels >= len(classes)))
    if wrong.size:
        raise DataError(
            source,
            expected=f"labels from 0 to {len(classes) - 1}",
            received=f"label {labels[wrong[0]]} at sample {wrong[0]}",
            remedy="correct the labels, or say how many classes there are",
        )


def check_finite(source: str, part: str, values: HostArray) -> None:
    """Refuse NaN and infinity.

    Raises:
        DataError: names the sample.
    """
    if values.dtype.kind != "f":
        return
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = tuple(map(int, wrong[0]))
        raise DataError(
            source,
            expected=f"finite {part}",
            received=f"{values[place]} in sample {place[0]}",
            remedy="correct or remove the sample",
        )


def class_names(count: int) -> tuple[str, ...]:
    """The names of classes that have none of their own: "0", "1", ..."""
    return tuple(map(str, range(count)))
