"""What happens to operands before a primitive sees them: one device, one dtype, one shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Dtype
from dlcore.errors import DeviceError, DtypeError
from dlcore.ops.copy import cast
from dlcore.precision import autocast_dtype
from dlcore.promotion import number_dtype, result_type
from dlcore.tensor import Number, Tensor


def backend_of(operation: str, *tensors: Tensor | None) -> Backend:
    """The one backend of all operands (None stands for an operand left out).

    Raises:
        DtypeError: something that is not a tensor.
        DeviceError: tensors on different devices.
    """
    present = [tensor for tensor in tensors if tensor is not None]
    for tensor in present:
        if not isinstance(tensor, Tensor):
            raise DtypeError(
                operation,
                expected="tensors",
                received=f"{type(tensor).__name__}",
                remedy="wrap the values with dl.tensor",
            )
    backend = present[0].backend
    if any(tensor.backend is not backend for tensor in present):
        listed = ", ".join(f"{tensor.shape} on {tensor.device!r}" for tensor in present)
        raise DeviceError(
            operation,
            expected="all tensors on one device",
            received=listed,
            remedy=f"move them with .to({backend.device!r})",
        )
    return backend


def autocasted(operation: str, *tensors: Tensor | None) -> Sequence[Any]:
    """The operands, floats converted to what autocast asks of `operation`."""
    dtype = autocast_dtype(operation)
    if dtype is None:
        return tensors
    return [
        cast(tensor, dtype) if tensor is not None and tensor.dtype in FLOATS else tensor
        for tensor in tensors
    ]


def promoted(operation: str, *values: Tensor | Number) -> list[Tensor]:
    """Tensors and Python numbers as tensors of the dtype in which they meet; shapes unchanged."""
    backend = backend_of(operation, *(value for value in values if isinstance(value, Tensor)))
    tensors = [(value.dtype, value.ndim) for value in values if isinstance(value, Tensor)]
    numbers = [value for value in values if not isinstance(value, Tensor)]
    dtype = autocast_dtype(operation)
    target = result_type(tensors, numbers)
    if dtype is not None and target in FLOATS:
        target = dtype
    return [
        cast(value, target) if isinstance(value, Tensor) else scalar(value, target, backend)
        for value in values
    ]


def scalar(value: Number, dtype: Dtype, backend: Backend) -> Tensor:
    """A Python number as a tensor without axes.

    Raises:
        DtypeError: not a number.
    """
    if not isinstance(value, bool | int | float | np.generic):
        raise DtypeError(
            "operand",
            expected="a tensor or a number",
            received=type(value).__name__,
            remedy="wrap it with dl.tensor",
        )
    return Tensor(backend.upload(np.asarray(value, dtype)), backend)


__all__ = ["autocasted", "backend_of", "number_dtype", "promoted", "scalar"]
