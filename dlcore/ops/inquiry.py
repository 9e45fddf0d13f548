"""What tensors and dtypes are, without a look at values."""

from __future__ import annotations

from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from dlcore.backend.interface.array import FLOATS, INTEGERS, Dtype
from dlcore.backend.interface.checks import axis_in, names
from dlcore.errors import DtypeError
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import in_order
from dlcore.ops.operands import broadcast, meeting_dtype
from dlcore.ops.shape import expand
from dlcore.promotion import default_dtype
from dlcore.tensors import Number, Tensor


class FloatInfo(NamedTuple):
    """The limits of a float type.

    Attributes:
        bits: of a number.
        eps: from 1 to the next number.
        max: the largest finite number.
        min: the smallest, -max.
        tiny: the smallest positive number with all digits.
    """

    bits: int
    eps: float
    max: float
    min: float
    tiny: float

    @property
    def smallest_normal(self) -> float:
        """Another name of `tiny`."""
        return self.tiny


class IntegerInfo(NamedTuple):
    """The limits of an integer type."""

    bits: int
    max: int
    min: int


def is_tensor(obj: object) -> bool:
    """Whether it is a tensor.

    >>> import dlcore as dl
    >>> dl.is_tensor(dl.zeros(2)), dl.is_tensor([0.0, 0.0])
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a float."""
    return input.is_floating_point()


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()


def get_default_dtype() -> Dtype:
    """The dtype of new tensors of Python floats: float32."""
    return default_dtype


def result_type(tensor1: Tensor | Number, tensor2: Tensor | Number) -> Dtype:
    """The dtype in which an operation on both computes.

    >>> import dlcore as dl
    >>> dl.result_type(dl.zeros(2, dtype=dl.float16), 1.5)
    dtype('float16')
    """
    return meeting_dtype("result_type", (tensor1, tensor2))


def finfo(type: Any = None) -> FloatInfo:
    """The limits of a float type, of the default one if None.

    >>> import dlcore as dl
    >>> dl.finfo(dl.float16).max
    65504.0

    Raises:
        DtypeError: not a float type.
    """
    dtype: Dtype = default_dtype if type is None else np.dtype(type)
    _require("finfo", dtype, FLOATS)
    limits = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    numbers = (float(x) for x in (limits.eps, limits.max, limits.min, limits.tiny))
    return FloatInfo(8 * dtype.itemsize, *numbers)


def iinfo(type: Any) -> IntegerInfo:
    """The limits of an integer type.

    >>> import dlcore as dl
    >>> dl.iinfo(dl.int8)
    IntegerInfo(bits=8, max=127, min=-128)

    Raises:
        DtypeError: not an integer type.
    """
    dtype: Dtype = np.dtype(type)
    _require("iinfo", dtype, INTEGERS)
    limits = np.iinfo(dtype)
    return IntegerInfo(8 * dtype.itemsize, int(limits.max), int(limits.min))


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors as views of the one shape in which they meet.

    Raises:
        ShapeError: lengths that are neither equal nor 1.
    """
    shape = broadcast("broadcast_tensors", *tensors)[0].shape
    return tuple(expand(tensor, shape) for tensor in tensors)


@method
def stride(x: Tensor, dim: int | None = None) -> Any:
    """Steps in memory from one element to the next along each axis, or along one."""
    steps = tuple(step // x.dtype.itemsize for step in x.array.strides)
    if dim is None or not steps:
        return steps
    return steps[axis_in("stride", dim, x.ndim)]


@method
def is_contiguous(x: Tensor) -> bool:
    """Whether memory is in the order of the shape, without gaps."""
    return in_order(x.array)


def nbytes(x: Tensor) -> int:
    """Bytes of all elements."""
    return x.numel() * x.dtype.itemsize


methods("nelement")(Tensor.numel)
for _name, _read in {"itemsize": Tensor.element_size, "nbytes": nbytes}.items():
    setattr(Tensor, _name, property(_read))


def _require(operation: str, dtype: Dtype, allowed: frozenset[Dtype]) -> None:
    if dtype not in allowed:
        raise DtypeError(
            operation,
            expected=names(allowed),
            received=dtype.name,
            remedy="use finfo for floats and iinfo for integers",
        )
