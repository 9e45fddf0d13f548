"""Where an array's numbers are, in a tenth of the time that `x.ctypes.data` takes."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

_read = ctypes.c_size_t.from_address
# NumPy's binary interface: a Python object's header, then the address.
_place = object.__basicsize__


def address(x: np.ndarray[Any, Any] | None) -> int:
    """Where the first number is; 0 for no array. The caller keeps the array alive."""
    if isinstance(x, np.ndarray):
        return _read(id(x) + _place).value
    if x is None:
        return 0
    raise TypeError(f"address: expected an array, received {x!r}; a number has no memory")


_probe = np.zeros(1)
if _read(id(_probe) + _place).value != _probe.ctypes.data:  # an interpreter of another kind

    def address(x: np.ndarray[Any, Any] | None) -> int:
        return 0 if x is None else x.ctypes.data
