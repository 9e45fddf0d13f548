"""What a metric is: sums over samples that stay on the device until somebody asks.

The sums are made once and written in place, so `update` may stand inside a step that `dl.compile`
records: each replay adds its batch to the same memory. (Figures of each batch, returned and added
outside, would copy a whole confusion matrix at every step.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from dlcore.autograd import no_grad
from dlcore.errors import DataError, OptionError
from dlcore.ops.inplace import copy_, zero_
from dlcore.ops.operands import backend_of
from dlcore.precision import autocast
from dlcore.tensors import Tensor, wrap

Better = Literal["higher", "lower"]


class Metric(ABC):
    """A figure over all samples since the last reset.

    Attributes:
        name: of its headline number in what `compute` gives.
        better: whether the headline number should be higher or lower.
        sums: what `update` adds to, by name: int64 or float64.
    """

    name: str
    better: Better

    def __init__(self, **sums: Tensor) -> None:
        self.sums = sums

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Add a batch. Doesn't synchronise; neither gradients nor autocast have a part in it.

        Raises:
            ShapeError, DtypeError: outputs and targets that don't fit.
            DeviceError: they are on another device than the metric.
        """
        backend_of(self.name, *self.sums.values(), outputs, targets)
        with no_grad(), autocast(enabled=False):
            self.add(outputs, targets)

    @abstractmethod
    def add(self, outputs: Tensor, targets: Tensor) -> None:
        """What `update` does with tensors on the right device."""

    @abstractmethod
    def compute(self) -> dict[str, Any]:
        """The figures as JSON values, None for what isn't finite. Synchronises.

        Raises:
            DataError: there was no sample.
        """

    def reset(self) -> None:
        """Forget all samples."""
        for total in self.sums.values():
            zero_(total)

    def state(self) -> dict[str, Any]:
        """The sums as JSON values, exact (None for NaN and infinity). Synchronises."""
        return {name: _as_json(total) for name, total in self.sums.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave, to the same bits.

        Raises:
            DataError: it is of another metric or other classes; nothing is changed then.
        """
        if state.keys() != self.sums.keys():
            raise self._foreign(", ".join(self.sums), ", ".join(state) or "nothing")
        found = {name: self._read(name, state[name]) for name in self.sums}
        for name, total in self.sums.items():
            copy_(total, wrap(found[name], total.backend))

    def _read(self, name: str, value: Any) -> np.ndarray[Any, np.dtype[Any]]:
        total = self.sums[name]
        try:
            values = np.asarray(value, total.dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise self._foreign(f"numbers for {name}", str(error)) from error
        if values.shape != total.shape:
            raise self._foreign(f"{name} of shape {total.shape}", f"shape {values.shape}")
        return values

    def _foreign(self, expected: str, received: str) -> DataError:
        return DataError(
            f"state of {self.name}",
            expected=expected,
            received=received,
            remedy="load the state of the same metric, made with the same arguments",
        )


class MetricCollection(Metric):
    """Several metrics as one: `compute` gives the figures of all, the first has the headline.

    Raises:
        OptionError: none, or two of one name.
    """

    def __init__(self, parts: Sequence[Metric]) -> None:
        self.parts = tuple(parts)
        names = [part.name for part in self.parts]
        if not names or len(set(names)) < len(names):
            raise OptionError(
                "MetricCollection",
                expected="metrics of different names",
                received=", ".join(names) or "none",
                remedy="give each once",
            )
        self.name, self.better = self.parts[0].name, self.parts[0].better
        super().__init__(
            **{
                f"{part.name}.{name}": total
                for part in self.parts
                for name, total in part.sums.items()
            }
        )

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        for part in self.parts:
            part.add(outputs, targets)

    def compute(self) -> dict[str, Any]:
        return {name: value for part in self.parts for name, value in part.compute().items()}


def require_samples(metric: Metric, count: float) -> None:
    """Refuse to compute a figure of nothing.

    Raises:
        DataError: the count is 0.
    """
    if not count:
        raise DataError(
            metric.name,
            expected="at least one sample that counts",
            received="none since the last reset",
            remedy="call update with a batch first",
        )


def _as_json(total: Tensor) -> Any:
    values = total.numpy()
    return np.where(np.isfinite(values), values.astype(object), np.array(None)).tolist()
