"""How far numbers are from their targets: RMSE, MAE and R2.

Outputs and targets are floats of one shape, (N) or (N, ...). All sums are float64, whatever came.
"""

from __future__ import annotations

from abc import abstractmethod
from math import isfinite, sqrt
from typing import Any

import numpy as np

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, float64
from dlcore.backend.interface.checks import require_dtype
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.copy import cast
from dlcore.ops.create import zeros
from dlcore.ops.elementwise import abs, square
from dlcore.ops.reduce import mean, sum
from dlcore.ops.shape import reshape
from dlcore.tensors import Tensor
from dlcore.train.metric import Metric, require_samples


class _MeanOfErrors(Metric):
    """The mean of a cost over the errors of all elements."""

    better = "lower"

    def __init__(self, scale: float = 1.0, *, device: str | Backend = "cpu") -> None:
        if not 0 < scale < float("inf"):
            raise OptionError(
                type(self).__name__,
                expected="a positive scale",
                received=str(scale),
                remedy="give the standard deviation by which targets were divided",
            )
        self.scale = scale
        names = ("total", "count")
        super().__init__(**{name: zeros((), dtype=float64, device=device) for name in names})

    @abstractmethod
    def cost(self, error: Tensor) -> Tensor:
        """What is summed of each error."""

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        error = _wide(self.name, outputs, targets) - cast(targets, float64)
        self.sums["total"] += sum(self.cost(error))
        self.sums["count"] += error.numel()

    def mean_cost(self) -> float:
        """Over all elements so far. Synchronises."""
        total, count = (total.item() for total in self.sums.values())
        require_samples(self, count)
        return float(total / count)


class MAE(_MeanOfErrors):
    """The mean absolute error, mean |output - target| over all elements, in the target's units.

    Args:
        scale: how many of the target's units are 1 of what the model was trained on: the standard
            deviation by which targets were divided. (What was subtracted cancels in an error.)
        device: where the outputs will be.

    >>> import dlcore as dl
    >>> mae = MAE(scale=100.0)
    >>> mae.update(dl.tensor([1.0, 2.0]), dl.tensor([1.0, 4.0]))
    >>> mae.compute()
    {'mae': 100.0}

    Raises:
        OptionError: a scale that isn't a positive number.
    """

    name = "mae"

    def cost(self, error: Tensor) -> Tensor:
        return abs(error)

    def compute(self) -> dict[str, Any]:
        return {self.name: _finite(self.scale * self.mean_cost())}


class RMSE(_MeanOfErrors):
    """The root of the mean squared error over all elements, in the target's units.

    Args, errors: as `MAE`.
    """

    name = "rmse"

    def cost(self, error: Tensor) -> Tensor:
        return square(error)

    def compute(self) -> dict[str, Any]:
        return {self.name: _finite(self.scale * sqrt(self.mean_cost()))}


class R2(Metric):
    """The share of the targets' variance that the outputs explain: 1 - squared errors / variation.

    1 is perfect, 0 as good as the targets' mean. Several outputs have one each, and the mean of
    them is the figure. Of targets that are all equal it is 1 where the outputs are, too, else 0.
    A scale makes no difference to it.

    The variation, sum (target - mean)^2, is merged from that of the batches, each about its own
    mean, as sums of squares would cancel for targets far from 0.

    Source: Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances, 1979, equation 1.5; several outputs as in scikit-learn's r2_score.

    Args:
        outputs: how many numbers a target has.
        device: where the outputs will be.

    Raises:
        OptionError: fewer than one output. ShapeError: in updates, another number of them.
    """

    name, better = "r2", "higher"

    def __init__(self, outputs: int = 1, *, device: str | Backend = "cpu") -> None:
        if outputs < 1:
            raise OptionError(
                "R2",
                expected="at least one output",
                received=str(outputs),
                remedy="say how many numbers a target has",
            )
        self.outputs = outputs
        names = ("mean", "variation", "squares")
        super().__init__(
            count=zeros((), dtype=float64, device=device),
            **{name: zeros(outputs, dtype=float64, device=device) for name in names},
        )

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        y, t = self._columns(_wide(self.name, outputs, targets)), self._columns(targets)
        size, sums = len(t), self.sums
        if not size:
            return
        own = mean(t, 0)
        shift = own - sums["mean"]
        sums["squares"] += sum(square(y - t), 0)
        sums["variation"] += sum(square(t - own), 0)
        before = sums["count"].clone()
        sums["count"] += size
        share = size / sums["count"]
        sums["variation"] += square(shift) * before * share
        sums["mean"] += shift * share

    def compute(self) -> dict[str, Any]:
        require_samples(self, self.sums["count"].item())
        squares, variation = (self.sums[name].numpy() for name in ("squares", "variation"))
        flat = variation == 0
        unexplained = np.where(flat, squares != 0, squares / np.where(flat, 1, variation))
        return {self.name: _finite(float(np.mean(1 - unexplained)))}

    def _columns(self, x: Tensor) -> Tensor:
        """As float64 with one column for each output."""
        if x.numel() != x.shape[0] * self.outputs:
            raise ShapeError(
                self.name,
                expected=f"targets of {self.outputs} numbers",
                received=f"shape {x.shape}",
                remedy="make the metric with outputs= as many as a target has",
            )
        return reshape(cast(x, float64), (x.shape[0], self.outputs))


def _wide(operation: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """The outputs as float64, refused where they don't fit the targets."""
    for name, x in (("outputs", outputs), ("targets", targets)):
        require_dtype(operation, name, x.array, FLOATS)
    if outputs.shape != targets.shape or not outputs.ndim:
        raise ShapeError(
            operation,
            expected="outputs and targets of one shape (N) or (N, ...)",
            received=f"outputs {outputs.shape}, targets {targets.shape}",
            remedy="bring them to one shape, for example with outputs.squeeze(1)",
        )
    return cast(outputs, float64)


def _finite(value: float) -> float | None:
    """None for NaN and infinity, which JSON has not."""
    return value if isfinite(value) else None
