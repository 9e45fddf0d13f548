"""New tensors of given shapes: zeros, ones, ranges, and the likes of others.

Everywhere `dtype` is float32 if None (the other tensor's for `*_like` and `new_*`), `device` is a
name such as "cpu", and `size` is given as numbers or as one tuple.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Dtype, Shape, Spec, int64, order_of, rows
from dlcore.backend.interface.checks import dtype_in
from dlcore.errors import OptionError
from dlcore.ops.attach import method
from dlcore.ops.operands import number_as
from dlcore.ops.sizes import shape_of
from dlcore.promotion import default_dtype, number_dtype
from dlcore.tensors import Number, Tensor, tensor, wrap

Device = str | Backend


def _kind(operation: str, dtype: Any, default: Dtype = default_dtype) -> Dtype:
    return default if dtype is None else dtype_in(operation, dtype)


def _require_finite(operation: str, *numbers: Any) -> None:
    for number in numbers:
        if not isinstance(number, int | float | np.number) or not math.isfinite(number):
            raise OptionError(
                operation,
                expected="finite numbers",
                received=repr(number),
                remedy="give numbers that the values can start, end or step with",
            )


def _filled(
    value: Number,
    shape: Shape,
    dtype: Dtype,
    backend: Backend,
    requires_grad: bool,
    order: tuple[int, ...] | None = None,
) -> Tensor:
    order, number = order or rows(len(shape)), number_as(value, dtype)
    array = primitives.fill(backend, shape=shape, dtype=dtype, order=order, value=number)
    return Tensor(array, backend).requires_grad_(requires_grad)


def zeros(
    *size: Any, dtype: Any = None, device: Device = "cpu", requires_grad: bool = False
) -> Tensor:
    """Zeros.

    >>> import dlcore as dl
    >>> dl.zeros(2, 3).shape
    (2, 3)

    Raises:
        ShapeError: a negative length.
        DtypeError: a gradient is asked for integers.
    """
    shape, kind = shape_of("zeros", size), _kind("zeros", dtype)
    return _filled(0, shape, kind, get_backend(device), requires_grad)


def ones(
    *size: Any, dtype: Any = None, device: Device = "cpu", requires_grad: bool = False
) -> Tensor:
    """Ones. Errors as `zeros`.

    >>> import dlcore as dl
    >>> dl.ones(2, dtype=dl.int64)
    tensor([1, 1], dtype=int64)
    """
    shape, kind = shape_of("ones", size), _kind("ones", dtype)
    return _filled(1, shape, kind, get_backend(device), requires_grad)


def full(
    size: Sequence[int],
    fill_value: Number,
    *,
    dtype: Any = None,
    device: Device = "cpu",
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` everywhere; without `dtype` in the dtype of a Python number. Errors as `zeros`.

    >>> import dlcore as dl
    >>> dl.full((2,), 7)
    tensor([7, 7], dtype=int64)
    """
    kind = _kind("full", dtype, number_dtype(fill_value))
    return _filled(fill_value, shape_of("full", (size,)), kind, get_backend(device), requires_grad)


def empty(
    *size: Any, dtype: Any = None, device: Device = "cpu", requires_grad: bool = False
) -> Tensor:
    """Memory with whatever is in it. Errors as `zeros`."""
    shape, kind = shape_of("empty", size), _kind("empty", dtype)
    backend = get_backend(device)
    return Tensor(backend.empty(Spec(shape, kind)), backend).requires_grad_(requires_grad)


def arange(
    start: Number,
    end: Number | None = None,
    step: Number = 1,
    *,
    dtype: Any = None,
    device: Device = "cpu",
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below `end`; `arange(end)` starts at 0.

    int64 if all arguments are integers, else float32. Computed on the host in float64.

    >>> import dlcore as dl
    >>> dl.arange(3), dl.arange(0, 1, 0.25)
    (tensor([0, 1, 2], dtype=int64), tensor([0.  , 0.25, 0.5 , 0.75]))

    Raises:
        OptionError: a step of 0, or in the wrong direction.
    """
    if end is None:
        start, end = 0, start
    _require_finite("arange", start, end, step)
    if step == 0 or (end - start) * step < 0:
        raise OptionError(
            "arange",
            expected="a step that leads from start to end",
            received=f"start {start}, end {end}, step {step}",
            remedy="change the sign of the step",
        )
    whole = all(isinstance(number, int | np.integer) for number in (start, end, step))
    kind = _kind("arange", dtype, int64 if whole else default_dtype)
    count = -((start - end) // step) if whole else math.ceil((end - start) / step)
    values = start + np.arange(count) * step
    return wrap(np.asarray(values).astype(kind), get_backend(device)).requires_grad_(requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Device = "cpu",
    requires_grad: bool = False,
) -> Tensor:
    """`steps` values from `start` to `end`, both included. Computed on the host in float64.

    >>> import dlcore as dl
    >>> dl.linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])

    Raises:
        OptionError: a negative number of steps.
    """
    _require_finite("linspace", start, end, steps)
    if steps < 0 or steps != int(steps):
        raise OptionError(
            "linspace",
            expected="steps of at least 0, an integer",
            received=f"{steps}",
            remedy="give the number of values",
        )
    values = np.linspace(start, end, steps).astype(_kind("linspace", dtype))
    return wrap(values, get_backend(device)).requires_grad_(requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Device = "cpu",
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal of an (n, m) matrix, zeros elsewhere.

    >>> import dlcore as dl
    >>> dl.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    sizes = shape_of("eye", (n,) if m is None else (n, m))
    values = np.eye(*sizes, dtype=_kind("eye", dtype))
    return wrap(values, get_backend(device)).requires_grad_(requires_grad)


def _like(
    x: Tensor, value: Number, dtype: Any, device: Device | None, requires_grad: bool
) -> Tensor:
    """`value` with x's shape and memory order, and what is not given otherwise."""
    backend = x.backend if device is None else get_backend(device)
    kind = _kind("full_like", dtype, x.dtype)
    return _filled(value, x.shape, kind, backend, requires_grad, order_of(x.array))


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Zeros with input's shape, dtype, device and memory order.

    >>> import dlcore as dl
    >>> dl.zeros_like(dl.tensor([3, 4]))
    tensor([0, 0], dtype=int64)
    """
    return _like(input, 0, dtype, device, requires_grad)


def ones_like(
    input: Tensor, *, dtype: Any = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Ones with input's shape, dtype, device and memory order."""
    return _like(input, 1, dtype, device, requires_grad)


def full_like(
    input: Tensor,
    fill_value: Number,
    *,
    dtype: Any = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` with input's shape, dtype, device and memory order."""
    return _like(input, fill_value, dtype, device, requires_grad)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Memory with input's shape, dtype, device and order, and whatever is in it."""
    backend = input.backend if device is None else get_backend(device)
    kind = _kind("empty_like", dtype, input.dtype)
    array = backend.empty(Spec(input.shape, kind, order_of(input.array)))
    return Tensor(array, backend).requires_grad_(requires_grad)


def _new(x: Tensor, dtype: Any, device: Device | None) -> dict[str, Any]:
    """x's dtype and device where no others are given."""
    return {
        "dtype": x.dtype if dtype is None else dtype,
        "device": x.backend if device is None else device,
    }


@method
def new_zeros(x: Tensor, *size: Any, dtype: Any = None, device: Device | None = None) -> Tensor:
    """Zeros of shape `size` with x's dtype and device."""
    return zeros(*size, **_new(x, dtype, device))


@method
def new_ones(x: Tensor, *size: Any, dtype: Any = None, device: Device | None = None) -> Tensor:
    """Ones of shape `size` with x's dtype and device."""
    return ones(*size, **_new(x, dtype, device))


@method
def new_empty(x: Tensor, *size: Any, dtype: Any = None, device: Device | None = None) -> Tensor:
    """Memory of shape `size` with x's dtype and device."""
    return empty(*size, **_new(x, dtype, device))


@method
def new_full(
    x: Tensor,
    size: Sequence[int],
    fill_value: Number,
    *,
    dtype: Any = None,
    device: Device | None = None,
) -> Tensor:
    """`fill_value` in shape `size` with x's dtype and device."""
    return full(size, fill_value, **_new(x, dtype, device))


@method
def new_tensor(x: Tensor, data: Any, *, dtype: Any = None, device: Device | None = None) -> Tensor:
    """A copy of `data` with x's dtype and device."""
    return tensor(data, **_new(x, dtype, device))
