"""What kernels ask of arrays: where they are, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.cpu.address import address
from dlcore.kernels.cpu.launch import untapeable

__all__ = ["Array", "address", "channels_last", "contiguous", "pixels", "places", "room", "stored"]

Array = np.ndarray[Any, Any]


def channels_last(x: Array) -> Array:
    """N C ... seen as N ... C without gaps: a view if the memory is like that, else a copy."""
    return contiguous(x.transpose(0, *range(2, x.ndim), 1))


def contiguous(x: Array) -> Array:
    """The array if it lies in C order without gaps, else a copy that does."""
    if x.flags.c_contiguous:
        return x
    untapeable()  # NumPy copies; a replay would not
    return np.ascontiguousarray(x)


def pixels(x: Array) -> Array:
    """N C ... seen as N ... C, channels side by side: a view if memory is like that, else a copy.

    Pixels and images may have gaps between them.
    """
    view = x.transpose(0, *range(2, x.ndim), 1)
    if _side_by_side(x):
        return view
    untapeable()
    return np.ascontiguousarray(view)


def room(y: Array) -> Array:
    """The same for an output to be filled: a view, or memory whose content `stored` brings to y."""
    view = y.transpose(0, *range(2, y.ndim), 1)
    return view if _side_by_side(y) else np.empty(view.shape, y.dtype)


def stored(filled: Array, y: Array) -> None:
    """Make y what a kernel put into its `room`."""
    if filled.flags.owndata:
        untapeable()
        y.transpose(0, *range(2, y.ndim), 1)[...] = filled


def places(x: Array) -> tuple[int, int, int, int]:
    """The address of an array N H W C, bytes from image to image, row to row, pixel to pixel."""
    image, row, pixel, _ = x.strides
    return address(x), image, row, pixel


def _side_by_side(x: Array) -> bool:
    return x.shape[1] == 1 or x.strides[1] == x.itemsize
