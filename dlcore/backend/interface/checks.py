"""Checks that many primitives share; each raises the error that the user reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from dlcore.backend.interface.array import FLOATS, INTEGERS, Array, Dtype, boolean
from dlcore.errors import DtypeError, OptionError, ShapeError


def names(dtypes: Collection[Dtype]) -> str:
    """Dtypes in words: "float16, float32 or float64"."""
    words = sorted(dtype.name for dtype in dtypes)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def require_dtype(operation: str, argument: str, array: Array, allowed: Collection[Dtype]) -> None:
    """Refuse an array whose dtype is not among `allowed`."""
    if array.dtype not in allowed:
        raise DtypeError(
            operation,
            expected=f"{argument} of dtype {names(allowed)}",
            received=f"{argument} of shape {array.shape} and dtype {array.dtype.name}",
            remedy="convert it, for example with .float()",
        )


def require_same_dtype(operation: str, **arrays: Array | None) -> None:
    """Refuse arrays of different dtypes; backends never promote."""
    present = {name: array for name, array in arrays.items() if array is not None}
    if len({array.dtype for array in present.values()}) > 1:
        listed = ", ".join(f"{name} {array.dtype.name}" for name, array in present.items())
        raise DtypeError(
            operation,
            expected=f"one dtype for {', '.join(present)}",
            received=listed,
            remedy="convert them to one dtype, for example with .to(weight.dtype)",
        )


def require_ndim(operation: str, argument: str, array: Array, ndim: int, letters: str) -> None:
    """Refuse an array with another number of axes than `letters` names."""
    if array.ndim != ndim:
        raise ShapeError(
            operation,
            expected=f"{argument} with {ndim} axes ({letters})",
            received=f"{argument} of shape {array.shape}",
            remedy="reshape it, or add the missing axis with unsqueeze",
        )


def require_option(operation: str, argument: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a name that is not on the list."""
    if not isinstance(value, str) or value not in allowed:
        raise OptionError(
            operation,
            expected=f"{argument} to be one of {', '.join(sorted(allowed))}",
            received=repr(value),
            remedy=meant(value, allowed) or "choose one of these names",
        )


def meant(name: object, known: Collection[str]) -> str:
    """The remedy for a name that isn't known: those that are spelled alike; "" for none.

    >>> meant("resnet2O", ["lenet5", "resnet20"])
    'did you mean resnet20?'
    """
    from difflib import get_close_matches

    spelled = {word.lower(): word for word in known}
    near = [spelled[match] for match in get_close_matches(str(name).lower(), spelled)]
    return f"did you mean {' or '.join(near)}?" if near else ""


def dtype_in(operation: str, given: Any) -> Dtype:
    """The dtype that a user named: `dl.float16`, "float16", `float`."""
    try:
        dtype: Dtype = np.dtype(given)
    except TypeError:
        dtype = np.dtype(object)
    if dtype not in FLOATS | INTEGERS | {boolean}:
        raise DtypeError(
            operation,
            expected=f"dtype {names(FLOATS | INTEGERS | {boolean})}",
            received=f"dtype {given}",
            remedy="write for example dtype=dl.float32",
        )
    return dtype


def axis_in(operation: str, axis: int, ndim: int) -> int:
    """An axis counted from the front, refused where there is none."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise OptionError(
            operation,
            expected="an axis as an integer",
            received=repr(axis),
            remedy="count axes from 0, or from -1 backwards",
        )
    span = max(ndim, 1)
    if not -span <= axis < span:
        raise ShapeError(
            operation,
            expected=f"an axis from {-span} to {span - 1}",
            received=f"axis {axis}",
            remedy="count axes from 0, or from -1 backwards",
        )
    return int(axis) % span


def axes_in(operation: str, axes: int | Collection[int], ndim: int) -> tuple[int, ...]:
    """Several axes counted from the front, in order; a tensor without axes has none."""
    axes = list(axes) if isinstance(axes, Iterable) else [axes]
    found = [axis_in(operation, axis, ndim) for axis in axes]
    if len(set(found)) != len(found):
        raise ShapeError(
            operation,
            expected="every axis once",
            received=f"axes {tuple(axes)} of {ndim}",
            remedy="leave out the repeated ones",
        )
    return tuple(sorted(found)) if ndim else ()
