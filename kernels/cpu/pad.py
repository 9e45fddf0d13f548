"""Padding with a number: the border is set_all, the rest copied. NumPy does the other modes."""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.launch import untapeable
from dlcore.kernels.cpu.move import move, set_all
from dlcore.kernels.geometry import Pair
from dlcore.kernels.numpy import pad as plain
from dlcore.kernels.views import overlap

Window = tuple[slice, ...]


def pad(x: Array, y: Array, *, padding: tuple[Pair, ...], mode: str, value: float) -> None:
    if mode != "constant":
        untapeable()
        plain.pad(x, y, padding=padding, mode=mode, value=value)
        return
    inner, outer = overlap(x.shape, padding)
    _fill_around(y, outer, value)
    move(x[(*inner, ...)], y[(*outer, ...)])  # (views, without axes, too)


def pad_gradient(
    dy: Array, dx: Array, *, shape: tuple[int, ...], padding: tuple[Pair, ...], mode: str
) -> None:
    if mode != "constant":
        untapeable()
        plain.pad_gradient(dy, dx, shape=shape, padding=padding, mode=mode)
        return
    inner, outer = overlap(shape, padding)
    _fill_around(dx, inner, 0.0)
    move(dy[(*outer, ...)], dx[(*inner, ...)])


def _fill_around(y: Array, window: Window, value: float) -> None:
    """Fill y but for a window of it: before and after, one axis after the other."""
    before: Any = ()
    for axis, place in enumerate(window):
        for part in (slice(0, place.start), slice(place.stop, y.shape[axis])):
            if part.start < part.stop:
                set_all(y[(*before, part)], value)
        before = (*before, place)
