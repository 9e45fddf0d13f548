"""Random changes of training images, keyed by sample and epoch.

A transform works on a batch of host arrays and takes its randomness from `Draws`, so what happens
to a sample depends on the seed, the epoch and the sample's number: not on the batch it is in, on
the thread that makes it, or on a resume.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlcore.backend.base import HostArray
from dlcore.backend.interface.checks import require_option
from dlcore.data.dataset import Numbers
from dlcore.errors import OptionError
from dlcore.random import sample_uniform


class Draws:
    """The random numbers of some samples in one epoch; each call gives fresh ones.

    Args:
        samples: numbers of the samples in the data set, (n,).
        epoch: the pass over the data.
    """

    def __init__(self, samples: Numbers, epoch: int) -> None:
        self.samples, self.epoch = samples, epoch
        self._calls = 0

    def uniform(self, count: int = 1) -> HostArray:
        """float32 (n, count) from 0 to below 1."""
        self._calls += 1
        return sample_uniform(self.samples, count, "augment", self.epoch, self._calls - 1)

    def integers(self, high: int, count: int = 1) -> HostArray:
        """int64 (n, count) from 0 to below `high`."""
        return (self.uniform(count) * np.float64(high)).astype(np.int64)


class Transform(ABC):
    """A change of a batch."""

    @abstractmethod
    def __call__(self, images: HostArray, draws: Draws) -> HostArray:
        """The changed images (N, C, H, W); the given ones are left as they are."""


class Compose(Transform):
    """Transforms one after the other.

    Args:
        transforms: the first one is applied first.
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = tuple(transforms)

    def __call__(self, images: HostArray, draws: Draws) -> HostArray:
        for transform in self.transforms:
            images = transform(images, draws)
        return images


class RandomHorizontalFlip(Transform):
    """Mirror left and right.

    Args:
        p: the share of images that are mirrored.

    Raises:
        OptionError: p is no probability.
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise OptionError(
                "RandomHorizontalFlip",
                expected="p from 0 to 1",
                received=repr(p),
                remedy="0.5 mirrors half of the images",
            )
        self.p = p

    def __call__(self, images: HostArray, draws: Draws) -> HostArray:
        chosen = draws.uniform()[:, 0] < self.p
        mirrored = images.copy()
        mirrored[chosen] = images[chosen, :, :, ::-1]
        return mirrored


class RandomCrop(Transform):
    """Pad with zeros on every side, then cut out a window of the old size anywhere.

    Args:
        padding: pixels on each side.

    Raises:
        OptionError: a negative padding.

    Source: He et al., Deep residual learning for image recognition, 2016, section 4.2.
    """

    def __init__(self, padding: int) -> None:
        if padding < 0:
            raise OptionError(
                "RandomCrop",
                expected="padding of at least 0",
                received=repr(padding),
                remedy="4 is usual for images of 32 x 32",
            )
        self.padding = padding

    def __call__(self, images: HostArray, draws: Draws) -> HostArray:
        height, width = images.shape[2:]
        sides = (self.padding, self.padding)
        padded = np.pad(images, ((0, 0), (0, 0), sides, sides))
        windows = sliding_window_view(padded, (height, width), axis=(2, 3))
        top, left = draws.integers(2 * self.padding + 1, 2).T
        cut: HostArray = windows[np.arange(len(images)), :, top, left]
        return cut


AUGMENTATIONS: dict[str, Callable[[int], Transform]] = {
    "flip": lambda size: RandomHorizontalFlip(),
    "crop": lambda size: RandomCrop(size // 8),
}
"""By the names of the command line, for images of a size: a crop moves by up to an eighth."""


def augmentation(names: Sequence[str], shape: tuple[int, ...]) -> Transform | None:
    """The named transforms, in this order, for samples of a shape; None for none.

    Raises:
        OptionError: an unknown name, or samples that are no images.
    """
    for name in names:
        require_option("augmentation", "name", name, AUGMENTATIONS)
    if not names:
        return None
    if len(shape) != 3:
        raise OptionError(
            "augmentation",
            expected="images (channels, height, width)",
            received=f"samples of shape {shape}",
            remedy="leave the augmentation out",
        )
    return Compose([AUGMENTATIONS[name](min(shape[1:])) for name in names])
