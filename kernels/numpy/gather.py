"""Values picked by index, and put where an index says."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide


def flat_index(*arrays: Array, lengths: tuple[int, ...], axes: tuple[int, ...]) -> None:
    *indices, y = arrays
    y[...] = 0
    for index, length, axis in zip(indices, lengths, axes, strict=True):
        _require_range(index, -length, length, f"axis {axis}")
        y[...] = y * length + np.where(index < 0, index.astype(np.int64) + length, index)


def take(x: Array, index: Array, y: Array, *, axis: int) -> None:
    _require_range(index, 0, x.shape[axis], f"axis {axis % x.ndim}")
    y[...] = np.take(x, index, axis)


def put(x: Array, index: Array, source: Array, y: Array, *, axis: int, reduce: str) -> None:
    axis %= x.ndim
    _require_range(index, 0, x.shape[axis], f"axis {axis}")
    target = _target(x, y, reduce)
    lines = source.reshape(*x.shape[:axis], index.size, *x.shape[axis + 1 :])
    here = (*[slice(None)] * axis, index.reshape(-1))
    _write(target, here, lines, reduce)
    _store(target, y)


def gather(x: Array, index: Array, y: Array, *, axis: int) -> None:
    y[...] = x[_grid(x, index, axis)]


def scatter(x: Array, index: Array, source: Array, y: Array, *, axis: int, reduce: str) -> None:
    target = _target(x, y, reduce)
    _write(target, _grid(x, index, axis), source, reduce)
    _store(target, y)


def _grid(x: Array, index: Array, axis: int) -> tuple[Any, ...]:
    """For each axis the places of all elements of `index`: its own, except along `axis`."""
    axis %= x.ndim
    _require_range(index, 0, x.shape[axis], f"axis {axis}")
    places = list(np.ogrid[tuple(slice(length) for length in index.shape)])
    places[axis] = index
    return tuple(places)


def _target(x: Array, y: Array, reduce: str) -> Array:
    """A copy of x to write into: y itself, or an fp32 one where 16-bit numbers are summed."""
    if reduce == "add" and wide(x) is not x:
        return wide(x)
    if x is not y:
        y[...] = x
    return y


def _write(target: Array, here: tuple[Any, ...], source: Array, reduce: str) -> None:
    if reduce == "add":
        np.add.at(target, here, wide(source))
    else:
        target[here] = source


def _store(target: Array, y: Array) -> None:
    if target is not y:
        y[...] = target


def _require_range(index: Array, low: int, length: int, where: str) -> None:
    wrong = (index < low) | (index >= length)
    if wrong.any():
        place = tuple(int(at) for at in np.argwhere(wrong)[0])
        at = f" at {place[0] if len(place) == 1 else place}" if place else ""
        expected = f"indices from {low} to {length - 1} for {where}"
        raise IndexError(
            expected if length else f"no index: {where} is empty", f"{index[place]}{at}"
        )
