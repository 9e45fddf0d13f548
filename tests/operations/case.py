"""An operation and its inputs, shared by gradient checks, meta runs and the PyTorch comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Maker = Callable[[np.random.Generator], np.ndarray]


def normal(*shape: int) -> Maker:
    """Values of unit variance: any sign."""
    return lambda generator: generator.standard_normal(shape)


def positive(*shape: int) -> Maker:
    """Values from 0.5 to 2."""
    return lambda generator: generator.uniform(0.5, 2.0, shape)


def unit(*shape: int) -> Maker:
    """Values from 0.1 to 0.9."""
    return lambda generator: generator.uniform(0.1, 0.9, shape)


def distinct(*shape: int) -> Maker:
    """Values at least 0.1 apart, for operations with kinks where two are equal (max, sort)."""
    size = int(np.prod(shape))
    return lambda generator: (0.1 * generator.permutation(size) - 0.05 * size).reshape(shape)


def integers(low: int, high: int, *shape: int) -> Maker:
    """int64 values, low <= value < high; they get no gradient."""
    return lambda generator: generator.integers(low, high, shape)


def flags(*shape: int) -> Maker:
    """bool values; they get no gradient."""
    return lambda generator: generator.random(shape) < 0.5


@dataclass(frozen=True)
class Operation:
    """A function of tensors.

    Attributes:
        name: ends up in the test's id.
        run: takes a dlcore tensor for each input, gives a tensor.
        inputs: how they are made; float inputs get gradients.
        peer: the same in PyTorch: takes the module `torch`, then its tensors. None where PyTorch
            has nothing to compare with.
        reduction: how many terms the longest sum has.
        smooth: False for piecewise constant results, whose gradient isn't compared.
    """

    name: str
    run: Callable[..., Any]
    inputs: tuple[Maker, ...]
    peer: Callable[..., Any] | None = None
    reduction: int = 1
    smooth: bool = True

    def make(self, seed: int = 0) -> list[np.ndarray]:
        """The inputs as host arrays."""
        generator = np.random.default_rng(seed)
        return [maker(generator) for maker in self.inputs]

    def __str__(self) -> str:
        return self.name
