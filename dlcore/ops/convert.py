"""Conversions of a tensor to another dtype or device; the gradient is converted back."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.autograd import result
from dlcore.backend import DEVICES, get_backend
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import (
    Array,
    Dtype,
    bfloat16,
    boolean,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from dlcore.backend.interface.rule import ALL
from dlcore.errors import DtypeError
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import cast, clone
from dlcore.tensors import Tensor


@method
def to(
    x: Tensor, *target: Any, dtype: Any = None, device: Any = None, copy: bool = False
) -> Tensor:
    """`x` in another dtype, on another device, or as another tensor is; itself if nothing changes.

    `x.to(dl.float16)`, `x.to("cpu")`, `x.to("cpu", dl.float16)`, `x.to(other)`. Between devices the
    values pass the host. Floats become integers by truncation toward 0.

    >>> import dlcore as dl
    >>> dl.tensor([1.7, -1.7]).to(dl.int32)
    tensor([ 1, -1], dtype=int32)

    Raises:
        DtypeError: neither a dtype nor a device nor a tensor.
        DeviceError: the device isn't there, or x has no values (meta).
    """
    for given in target:
        if isinstance(given, Tensor):
            dtype, device = given.dtype, given.backend
        elif isinstance(given, Backend) or _is_device(given):
            device = given
        else:
            dtype = given
    kind = x.dtype if dtype is None else _dtype(dtype)
    backend = x.backend if device is None else get_backend(device)
    moved = _moved(cast(x, kind), backend)
    return clone(moved) if copy and moved is x else moved


def _is_device(given: object) -> bool:
    return isinstance(given, str) and given.partition(":")[0] in DEVICES


def _dtype(given: Any) -> Dtype:
    try:
        dtype: Dtype = np.dtype(given)
    except TypeError:
        dtype = np.dtype(object)
    if dtype not in ALL:
        raise DtypeError(
            "to",
            expected="a dtype, a device or a tensor",
            received=repr(given),
            remedy="write for example x.to(dl.float16), x.to('cpu') or x.to(other)",
        )
    return dtype


def _moved(x: Tensor, target: Backend) -> Tensor:
    """`x` on another backend, itself if it is there."""
    source = x.backend
    if target is source:
        return x

    def back(dy: Array) -> Array:
        return source.upload(target.download(dy))

    return result("to", target.upload(source.download(x.array)), target, (x, back))


@method
def cpu(x: Tensor) -> Tensor:
    """`x` on the CPU."""
    return to(x, device="cpu")


@method
def cuda(x: Tensor, device: int | str | None = None) -> Tensor:
    """`x` on an NVIDIA GPU: the first one, or the one with this number or name.

    Raises:
        DeviceError: there is none that dlcore can use.
    """
    numbered = f"cuda:{device}" if isinstance(device, int) else device
    return to(x, device=numbered or "cuda")


@methods("type")
def of_type(x: Tensor, dtype: Any) -> Tensor:
    """`x` in another dtype."""
    return cast(x, _dtype(dtype))


@method
def type_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` in other's dtype."""
    return cast(x, other.dtype)


@methods("double")
def double(x: Tensor) -> Tensor:
    """`x` as float64."""
    return cast(x, float64)


@methods("float")
def single(x: Tensor) -> Tensor:
    """`x` as float32."""
    return cast(x, float32)


@method
def half(x: Tensor) -> Tensor:
    """`x` as float16."""
    return cast(x, float16)


@methods("bfloat16")
def brain(x: Tensor) -> Tensor:
    """`x` as bfloat16."""
    return cast(x, bfloat16)


@method
def long(x: Tensor) -> Tensor:
    """`x` as int64."""
    return cast(x, int64)


@methods("int")
def integer(x: Tensor) -> Tensor:
    """`x` as int32."""
    return cast(x, int32)


@method
def short(x: Tensor) -> Tensor:
    """`x` as int16."""
    return cast(x, int16)


@method
def char(x: Tensor) -> Tensor:
    """`x` as int8."""
    return cast(x, int8)


@method
def byte(x: Tensor) -> Tensor:
    """`x` as uint8."""
    return cast(x, uint8)


@methods("bool")
def truth(x: Tensor) -> Tensor:
    """x != 0."""
    return cast(x, boolean)
