"""Batches in an order that depends on seed and epoch alone."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend.base import Backend
from dlcore.data.dataset import Dataset
from dlcore.errors import OptionError
from dlcore.random import permutation
from dlcore.tensors import Tensor


class Batch(NamedTuple):
    """Samples and targets on the device."""

    inputs: Tensor
    targets: Tensor


class DataLoader:
    """Cuts a data set into batches; each pass over it is an epoch.

    uint8 samples become fp32 from 0 to 1.

    Args:
        dataset: what to cut.
        batch_size: samples in a batch; the last one may be shorter.
        shuffle: a new order every epoch.
        drop_last: leave a shorter last batch out.
        device: where the batches go.

    Attributes:
        epoch: the number of the next pass; set it to repeat or skip one.

    Raises:
        OptionError: a batch size below 1, or nothing to load.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        device: str | Backend = "cpu",
    ) -> None:
        if batch_size < 1 or not len(dataset):
            raise OptionError(
                "DataLoader",
                expected="a batch size of at least 1 and at least one sample",
                received=f"batch size {batch_size} and {len(dataset)} samples",
                remedy="choose another batch size, or check the data set",
            )
        self.dataset, self.batch_size = dataset, batch_size
        self.shuffle, self.drop_last = shuffle, drop_last
        self.backend = get_backend(device)
        self.epoch = 0

    def __len__(self) -> int:
        size, batch = len(self.dataset), self.batch_size
        return size // batch if self.drop_last else ceil(size / batch)

    def __iter__(self) -> Iterator[Batch]:
        size = len(self.dataset)
        order = permutation(size, "shuffle", self.epoch) if self.shuffle else np.arange(size)
        self.epoch += 1
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            chosen = order[start : start + self.batch_size]
            _, inputs, targets = self.dataset.read(chosen)
            if inputs.dtype == np.uint8:
                inputs = inputs.astype(np.float32) * np.float32(1 / 255)
            upload = self.backend.upload
            yield Batch(Tensor(upload(inputs), self.backend), Tensor(upload(targets), self.backend))
