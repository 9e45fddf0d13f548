"""What happens to operands before a primitive sees them: one device, one dtype, one shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array, Dtype, Shape, boolean, uint8
from dlcore.errors import DeviceError, DtypeError, ShapeError
from dlcore.ops.copy import cast
from dlcore.precision import autocast_dtype
from dlcore.promotion import default_dtype, number_dtype, result_type
from dlcore.tensors import Number, Tensor


def backend_of(operation: str, *tensors: Tensor, optional: Sequence[Tensor | None] = ()) -> Backend:
    """The one backend of all operands; None among the `optional` ones stands for one left out.

    Raises:
        DtypeError: something that is not a tensor.
        DeviceError: tensors on different devices.
    """
    present: list[Any] = [*tensors, *(other for other in optional if other is not None)]
    if not present:  # of operands that may be numbers, none is a tensor
        present = [None]
    for tensor in present:
        if not isinstance(tensor, Tensor):
            raise DtypeError(
                operation,
                expected="tensors",
                received=f"{type(tensor).__name__}",
                remedy="wrap the values with dl.tensor",
            )
    backend: Backend = present[0].backend
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


def promoted(operation: str, *values: Tensor | Number, into_float: bool = False) -> list[Tensor]:
    """Tensors and Python numbers as tensors of the dtype in which they meet; shapes unchanged.

    `into_float`: integers that meet become the default float, as for a quotient.
    """
    backend = backend_of(operation, *(value for value in values if isinstance(value, Tensor)))
    target = meeting_dtype(operation, values, into_float)
    return [
        cast(value, target) if isinstance(value, Tensor) else scalar(value, target, backend)
        for value in values
    ]


def with_number(
    operation: str, x: Tensor, number: Number, into_float: bool = False
) -> tuple[Tensor, Number]:
    """A tensor and a Python number in the dtype in which they meet, the number unrounded.

    It stays a parameter: 16-bit tensors are computed in fp32, and so is the number.
    """
    backend_of(operation, x)
    target = meeting_dtype(operation, (x, number), into_float)
    return cast(x, target), number_as(number, target)


def meeting_dtype(
    operation: str, values: Sequence[Tensor | Number], into_float: bool = False
) -> Dtype:
    """The dtype in which tensors and Python numbers meet, autocast considered."""
    tensors = [(value.dtype, value.ndim) for value in values if isinstance(value, Tensor)]
    numbers = [_number(operation, value) for value in values if not isinstance(value, Tensor)]
    target = result_type(tensors, numbers)
    if into_float and target not in FLOATS:
        target = default_dtype
    dtype = autocast_dtype(operation)
    return dtype if dtype is not None and target in FLOATS else target


def number_as(number: Number, dtype: Dtype) -> Number:
    """A Python number as a value of a kind of dtype; integers wrap around."""
    number = _number("operand", number)
    if dtype in FLOATS:
        return float(number)
    if dtype == boolean:
        return bool(number)
    bits = 8 * dtype.itemsize
    wrapped = int(number) % (1 << bits)
    return wrapped - (1 << bits) if dtype != uint8 and wrapped >> (bits - 1) else wrapped


def scalar(value: Number, dtype: Dtype, backend: Backend) -> Tensor:
    """A Python number as a tensor without axes.

    Raises:
        DtypeError: not a number.
    """
    return Tensor(backend.upload(np.asarray(number_as(value, dtype), dtype)), backend)


def _number(operation: str, value: object) -> Number:
    number: object = value.item() if isinstance(value, np.generic) else value
    if not isinstance(number, bool | int | float):
        raise DtypeError(
            operation,
            expected="a tensor or a number",
            received=type(value).__name__,
            remedy="wrap it with dl.tensor",
        )
    return number


def broadcast(operation: str, *tensors: Tensor) -> list[Array]:
    """The arrays of tensors as views of the one shape in which they meet.

    Raises:
        ShapeError: lengths that are neither equal nor 1.
    """
    shapes = [tensor.shape for tensor in tensors]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise ShapeError(
            operation,
            expected="shapes whose lengths, counted from the last axis, are equal or 1",
            received=" and ".join(map(str, shapes)),
            remedy="reshape one of them, or add axes with unsqueeze",
        ) from error
    return [
        tensor.array if tensor.shape == shape else tensor.backend.expand(tensor.array, shape)
        for tensor in tensors
    ]


def sum_to(backend: Backend, dy: Array, shape: Shape) -> Array:
    """The gradient of broadcasting `shape` to dy's shape: the sum over all repeated elements."""
    if dy.shape == shape:
        return dy
    extra = dy.ndim - len(shape)
    repeated = tuple(
        axis
        for axis in range(dy.ndim)
        if axis < extra or (shape[axis - extra] == 1 and dy.shape[axis] != 1)
    )
    total = primitives.reduce(backend, dy, rule="sum", axes=repeated, keepdims=True)
    view: Array = total[(*[0] * extra, ...)]  # the dots keep it an array without axes
    return view


__all__ = [
    "autocasted",
    "backend_of",
    "broadcast",
    "meeting_dtype",
    "number_as",
    "number_dtype",
    "promoted",
    "scalar",
    "sum_to",
    "with_number",
]
