"""Batches in an order that depends on seed and epoch alone, made ahead by threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from math import ceil
from typing import NamedTuple

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend.base import Backend, HostArray
from dlcore.data.dataset import Dataset, Numbers, Samples
from dlcore.data.transforms import Draws, Transform
from dlcore.errors import OptionError
from dlcore.random import permutation
from dlcore.tensors import Tensor


class Batch(NamedTuple):
    """Samples and targets on the device.

    Attributes:
        inputs: (n, ...), images are (n, C, H, W): what `normalize` makes of the samples.
        targets: (n,) class labels int64, or (n, ...) numbers float32.
    """

    inputs: Tensor
    targets: Tensor


class DataLoader:
    """Cuts a data set into batches; each pass over it is an epoch.

    The batches are the same for any number of workers, and after a resume: order and augmentation
    depend on seed, epoch and sample. Unreadable samples make their batch shorter; a batch of
    nothing else is left out.

    Args:
        dataset: what to cut.
        batch_size: samples in a batch; the last one may be shorter.
        shuffle: a new order every epoch.
        num_workers: threads that make batches ahead; 0 makes each when it is asked for.
        drop_last: leave a shorter last batch out.
        prefetch_factor: batches that each worker may be ahead.
        transform: random changes of the samples as they were read.
        normalize: from samples to the network's inputs; without it bytes become 0 to 1.
        device: where the batches go.

    Attributes:
        epoch: the number of the running pass, or of the next one; set it to repeat or skip one.
        batch: how many batches of the running pass were handed out.

    Raises:
        OptionError: a batch size below 1, a negative number of workers, or nothing to load.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        num_workers: int = 0,
        drop_last: bool = False,
        prefetch_factor: int = 2,
        *,
        transform: Transform | None = None,
        normalize: Callable[[HostArray], HostArray] | None = None,
        device: str | Backend = "cpu",
    ) -> None:
        if batch_size < 1 or not len(dataset):
            raise OptionError(
                "DataLoader",
                expected="a batch size of at least 1 and at least one sample",
                received=f"batch size {batch_size} and {len(dataset)} samples",
                remedy="choose another batch size, or check the data set",
            )
        if num_workers < 0 or prefetch_factor < 1:
            raise OptionError(
                "DataLoader",
                expected="num_workers of at least 0 and prefetch_factor of at least 1",
                received=f"{num_workers} and {prefetch_factor}",
                remedy="0 workers make batches in the calling thread",
            )
        self.dataset, self.batch_size = dataset, batch_size
        self.shuffle, self.drop_last = shuffle, drop_last
        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor
        self.transform, self.normalize = transform, normalize or _fractions
        self.backend = get_backend(device)
        self.epoch, self.batch = 0, 0
        self._resumes = False

    def __len__(self) -> int:
        size, batch = len(self.dataset), self.batch_size
        return size // batch if self.drop_last else ceil(size / batch)

    def __iter__(self) -> Iterator[Batch]:
        """One pass, or the rest of the one that was loaded."""
        if not self._resumes and self.batch:  # the last pass was left early
            self.epoch, self.batch = self.epoch + 1, 0
        self._resumes = False
        upload = self.backend.upload
        for number, samples in self._made(self.epoch, self.batch):
            self.batch = number + 1
            if len(samples.numbers):
                inputs, targets = upload(samples.inputs), upload(samples.targets)
                yield Batch(Tensor(inputs, self.backend), Tensor(targets, self.backend))
        self.epoch, self.batch = self.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """Where it is: the pass, and the batches of it handed out."""
        return {"epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go to where `state_dict` was taken: the next pass is the rest of that one."""
        self.epoch, self.batch = state["epoch"], state["batch"]
        self._resumes = True

    def _made(self, epoch: int, first: int) -> Iterator[tuple[int, Samples]]:
        """The samples of each batch from the `first` on, in order."""
        order = self._order(epoch)
        cuts = [
            order[start : start + self.batch_size]
            for start in range(0, len(self) * self.batch_size, self.batch_size)
        ]
        if not self.num_workers:
            yield from (
                (number, self._make(cuts[number], epoch)) for number in range(first, len(cuts))
            )
            return
        ahead: deque[Future[Samples]] = deque()
        pool = ThreadPoolExecutor(self.num_workers, thread_name_prefix="loader")
        try:
            given = first
            for number in range(first, len(cuts)):
                until = min(len(cuts), number + self.num_workers * self.prefetch_factor)
                ahead.extend(pool.submit(self._make, cuts[n], epoch) for n in range(given, until))
                given = max(given, until)
                yield number, ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _order(self, epoch: int) -> Numbers:
        size = len(self.dataset)
        return permutation(size, "shuffle", epoch) if self.shuffle else np.arange(size)

    def _make(self, numbers: Numbers, epoch: int) -> Samples:
        samples = self.dataset.read(numbers)
        inputs = samples.inputs
        if self.transform is not None and len(inputs):
            inputs = self.transform(inputs, Draws(samples.numbers, epoch))
        return samples._replace(inputs=self.normalize(inputs))


def _fractions(inputs: HostArray) -> HostArray:
    """Bytes as 0 to 1; anything else as it is."""
    if inputs.dtype != np.uint8:
        return inputs
    return inputs.astype(np.float32) * np.float32(1 / 255)
