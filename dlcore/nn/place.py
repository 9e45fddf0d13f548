"""Where a module's tensors lie, and of which dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Dtype, like
from dlcore.backend.interface.checks import names
from dlcore.errors import DtypeError
from dlcore.tensors import Tensor


def bring(owner: str, tensors: Sequence[Tensor], target: Any) -> None:
    """Move tensors to a device, or convert floats to a dtype, in place.

    Raises:
        DeviceError: the device isn't there. DtypeError: the dtype is no float.
    """
    if isinstance(target, Backend) or (
        isinstance(target, str) and target not in {known.name for known in FLOATS}
    ):
        backend = get_backend(target)
        for tensor in tensors:
            _move(tensor, backend)
    elif (dtype := np.dtype(target)) in FLOATS:
        for tensor in tensors:
            _convert(tensor, dtype)
    else:
        raise DtypeError(
            f"{owner}.to",
            expected=f"a device, or a dtype of {names(FLOATS)}",
            received=dtype.name,
            remedy="parameters are floats: convert single tensors instead",
        )


def empty(tensor: Tensor, backend: Backend) -> None:
    """Give a tensor uninitialised memory on a device, and no gradient."""
    tensor.array, tensor.backend = backend.empty(like(tensor.array)), backend
    tensor.grad, tensor.home = None, None
    tensor.version.bump()


def _move(tensor: Tensor, backend: Backend) -> None:
    """Give a tensor, and its gradient, another device."""
    for part in (tensor, tensor.grad):
        if part is not None and part.backend is not backend:
            values = part.backend.download(part.array)
            part.array, part.backend = backend.upload(values), backend
            part.version.bump()
            tensor.home = None


def _convert(tensor: Tensor, dtype: Dtype) -> None:
    """Give a tensor of floats, and its gradient, another dtype."""
    for part in (tensor, tensor.grad):
        if part is not None and part.dtype in FLOATS and part.dtype != dtype:
            values = part.backend.download(part.array)
            part.array = part.backend.upload(values.astype(dtype))
            part.version.bump()
            tensor.home = None
