"""Many elements in, one element out."""

from __future__ import annotations

from functools import lru_cache, partial
from math import inf

import numpy as np

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.folds import FOLDS, Nest, reduced
from dlcore.kernels.cpu.launch import untapeable
from dlcore.kernels.cpu.rows import in_rows
from dlcore.kernels.numpy import reduce as by_numpy

Axes = tuple[int, ...]
NORMS = {1: "norm 1", 2: "norm 2", inf: "norm inf"}


def reduce(x: Array, y: Array, *, rule: str, axes: Axes, keepdims: bool) -> None:
    if rule in FOLDS and x.size:
        along(rule, x, y, axes)
        return
    untapeable()
    by_numpy.reduce(x, y, rule=rule, axes=axes, keepdims=keepdims)


def vector_norm(x: Array, y: Array, *, order: float, axes: Axes, keepdims: bool) -> None:
    if order in NORMS and x.size:
        along(NORMS[order], x, y, axes)
        return
    untapeable()
    by_numpy.vector_norm(x, y, order=order, axes=axes, keepdims=keepdims)


def along(rule: str, x: Array, y: Array, axes: Axes) -> None:
    """Y = rule(x) along axes; y with or without them."""
    gone = tuple([axis % x.ndim for axis in axes]) if x.ndim else ()
    if y.ndim == x.ndim:
        # The dots keep it an array where no axis is left.
        y = y[(*[0 if axis in gone else slice(None) for axis in range(x.ndim)], ...)]
    order, left, nest = _plan(x.shape, x.strides, gone)
    in_rows(partial(_dense, rule, nest), [x.transpose(order)], [y.transpose(left)])


def _dense(rule: str, nest: Nest, x: Array, y: Array) -> None:
    reduced(rule, x, y, nest)


@lru_cache(maxsize=4096)
def _plan(shape: Axes, strides: Axes, gone: Axes) -> tuple[Axes, Axes, Nest]:
    """The axes of x and those of y, by the strides of x, and the nest of x then."""
    axes = range(len(shape))
    order = tuple(sorted(axes, key=lambda axis: -abs(strides[axis])))
    nest = _nest(shape, order, gone)
    if nest is None:
        order = (*(axis for axis in axes if axis not in gone), *sorted(gone))
        nest = _nest(shape, order, gone)
        assert nest is not None  # kept axes first, then the others
    left = [axis for axis in order if axis not in gone]
    return order, tuple(np.argsort(np.argsort(left)).tolist()), nest


def _nest(shape: Axes, order: Axes, gone: Axes) -> Nest | None:
    """Lengths, where neighbours of one kind are made one; None for too many changes."""
    lengths = [1, 1, 1, 1]
    place = 0
    for axis in order:
        if shape[axis] == 1:
            continue
        if (axis in gone) != place % 2:
            place += 1
        if place == 4:
            return None
        lengths[place] *= shape[axis]
    # R0 K1 R1 with the last missing is better filled from the right: K0 R0 is K1 R1.
    if place <= 1:
        lengths = [1, 1, *lengths[:2]]
    return Nest(*lengths)
