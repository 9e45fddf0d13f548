"""Normalisation per channel, fitted on training data and saved with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.backend.base import HostArray
from dlcore.data.dataset import Dataset

ENOUGH = 10_000
"""Samples from which the statistics of a larger data set are estimated."""
_AT_ONCE = 500


@dataclass(frozen=True)
class Normalize:
    """y = (x - mean) / std for every channel, axis 1; bytes are taken as 0 to 1 first.

    Attributes:
        mean, std: one number for each channel, in units of x from 0 to 1 where x is uint8.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def fit(cls, dataset: Dataset) -> Normalize:
        """Mean and standard deviation of the channels; of samples spread over a large data set.

        A channel that never changes is only shifted.
        """
        count = min(len(dataset), ENOUGH)
        numbers = np.arange(count) * len(dataset) // count
        pixels, total, squares = 0, *np.zeros((2, dataset.shape[0]))
        for start in range(0, count, _AT_ONCE):
            inputs = dataset.read(numbers[start : start + _AT_ONCE]).inputs
            channels = np.moveaxis(inputs, 1, 0).reshape(inputs.shape[1], -1).astype(np.float64)
            if inputs.dtype == np.uint8:
                channels /= 255
            pixels += channels.shape[1]
            total += channels.sum(1)
            squares += (channels * channels).sum(1)
        mean = total / max(pixels, 1)
        std = np.sqrt(np.maximum(squares / max(pixels, 1) - mean * mean, 0))
        return cls(tuple(mean.tolist()), tuple(np.where(std > 1e-6, std, 1.0).tolist()))

    def __call__(self, inputs: HostArray) -> HostArray:
        """Normalised fp32 values (N, C, ...); images lie channels last in memory."""
        unit = 1 / 255 if inputs.dtype == np.uint8 else 1.0
        std = np.asarray(self.std)
        along = (-1, *[1] * (inputs.ndim - 2))
        scale = (unit / std).astype(np.float32).reshape(along)
        shift = (np.asarray(self.mean) / std).astype(np.float32).reshape(along)
        shape = inputs.shape
        memory = np.empty((shape[0], *shape[2:], shape[1]), np.float32)
        outputs: HostArray = np.moveaxis(memory, -1, 1)
        np.multiply(inputs, scale, out=outputs)
        outputs -= shift
        return outputs

    def to_json(self) -> dict[str, list[float]]:
        """What `from_json` takes."""
        return {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Normalize:
        """What `to_json` gave."""
        return cls(tuple(content["mean"]), tuple(content["std"]))
