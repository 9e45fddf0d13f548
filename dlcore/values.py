"""Values on the host, from whatever users write: numbers, nested lists, arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.backend.base import HostArray
from dlcore.backend.interface.array import FLOATS, INTEGERS, boolean, float64
from dlcore.backend.interface.checks import dtype_in
from dlcore.errors import DtypeError, ShapeError
from dlcore.promotion import default_dtype


def values_of(data: Any, dtype: Any = None) -> HostArray:
    """`data` as an array of the dtype that `dlcore.tensor` gives it.

    Python's floats become float32; NumPy's numbers and arrays keep their dtype, also in lists.

    >>> values_of([0.5, 1.0]).dtype, values_of([np.float64(0.5)]).dtype
    (dtype('float32'), dtype('float64'))

    Raises:
        DtypeError: not numbers, or a dtype that dlcore has not.
        ShapeError: lists of different lengths.
    """
    try:
        values: HostArray = np.asarray(data)
    except ValueError as error:
        raise ShapeError(
            "tensor",
            expected="nested lists of one length on each level",
            received=f"lists that NumPy cannot stack ({error})",
            remedy="pad them to one length",
        ) from error
    if dtype is not None:
        kind = dtype_in("tensor", dtype)
        wider = values.dtype.kind == "u"  # which dlcore has only one of, but can convert from
        return (values if wider else require_numbers(values)).astype(kind)
    if values.dtype == float64 and getattr(_first(data), "dtype", default_dtype) != float64:
        return values.astype(default_dtype)
    return values


def require_numbers(values: HostArray) -> HostArray:
    """The same array, refused where dlcore has not its dtype."""
    if values.dtype not in FLOATS | INTEGERS | {boolean}:
        raise DtypeError(
            "tensor",
            expected="numbers: bool, an integer or a float type",
            received=f"values of dtype {values.dtype}",
            remedy="convert them, for example with numpy's astype",
        )
    return values


def _first(data: Any) -> Any:
    """The first thing in nested lists that is no list: it tells NumPy's numbers from Python's."""
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return data
