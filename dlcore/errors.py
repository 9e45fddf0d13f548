"""Errors that say where, what was expected, what came, and how to fix it.

Every error a user can cause is one of these. The module path is added while the error unwinds
through `Module.__call__`, so code that raises never needs to know which layer it runs for:

    >>> error = ShapeError("conv2d", expected="3 channels", received="1 channel",
    ...                    remedy="build the layer with in_channels=1")
    >>> error.path = "features.0"
    >>> print(error)
    features.0: conv2d: expected 3 channels, received 1 channel; build the layer with in_channels=1
"""

from __future__ import annotations

from typing import Any


class DlcoreError(Exception):
    """Base of all errors raised on purpose.

    Args:
        operation: the operation, file or option that refuses.
        expected: what would have been accepted.
        received: what came instead.
        remedy: one thing to do about it.
    """

    def __init__(self, operation: str, *, expected: str, received: str, remedy: str) -> None:
        super().__init__(operation, expected, received, remedy)
        self.operation = operation
        self.expected = expected
        self.received = received
        self.remedy = remedy
        self.path = ""  # dotted module path, filled in on the way up

    def __reduce__(self) -> Any:
        """How it is pickled, as when a worker process hands it on."""
        return _again, (type(self), *self.args, self.path)

    def __str__(self) -> str:
        where = f"{self.path}: {self.operation}" if self.path else self.operation
        return f"{where}: expected {self.expected}, received {self.received}; {self.remedy}"


def _again(
    kind: type[DlcoreError], operation: str, expected: str, received: str, remedy: str, path: str
) -> DlcoreError:
    error = kind(operation, expected=expected, received=received, remedy=remedy)
    error.path = path
    return error


class ShapeError(DlcoreError, ValueError):
    """Shapes that do not fit the operation or each other."""


class DtypeError(DlcoreError, TypeError):
    """A dtype that the operation does not support, or dtypes that do not fit each other."""


class DeviceError(DlcoreError, RuntimeError):
    """Tensors on different devices, or a device that is not there."""


class IndexRangeError(DlcoreError, IndexError):
    """An index or a class label outside its range."""


class StaleError(DlcoreError, RuntimeError):
    """A tensor saved for the backward pass was overwritten before it ran."""


class GraphError(DlcoreError, RuntimeError):
    """A backward pass that can't run: no graph, a freed graph, or second derivatives."""


class OptionError(DlcoreError, ValueError):
    """An argument whose value is not one of those allowed."""


class RecordError(DlcoreError, RuntimeError):
    """Something that a recorded step can't contain, such as a value read by the host."""


class DataError(DlcoreError, ValueError):
    """A file or data set that is missing, damaged or of another kind."""


class ProcessError(DlcoreError, RuntimeError):
    """A process that was started for a task and ended before it was done."""
