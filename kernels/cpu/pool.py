"""Pooling over windows of the last two axes: the largest or the average of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from dlcore.kernels.cpu.arrays import Array, address, pixels, places, room, stored
from dlcore.kernels.cpu.launch import run, untapeable
from dlcore.kernels.cpu.pieces import cut
from dlcore.kernels.cpu.pool_average import Average, averages
from dlcore.kernels.cpu.pool_chosen import FLAGS, MOST_LANES, Chosen, picked, spread
from dlcore.kernels.cpu.pool_max import Largest, largest
from dlcore.kernels.cpu.pool_windows import (
    Axis,
    Numbers,
    Table,
    areas,
    binned,
    constant,
    dilated,
    sliding,
)
from dlcore.kernels.cpu.task import Task
from dlcore.kernels.geometry import Pair
from dlcore.kernels.numpy import pool as plain

Shape = tuple[int, ...]
LARGEST_TILE = 16  # pixels, all of which are written for each window
MOST_PIXELS = 1 << 31  # kernels count them in 32 bits
BUSY = 16  # images from which there is no need to cut their channels


def max_pool2d(
    x: Array,
    y: Array,
    index: Array,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
) -> None:
    (height, width), (down, right) = x.shape[2:], y.shape[2:]
    rows = dilated(height, down, kernel[0], stride[0], padding[0], dilation[0])
    columns = dilated(width, right, kernel[1], stride[1], padding[1], dilation[1])
    _max(x, y, index, rows, columns, dilation, kernel[0] * kernel[1])


def adaptive_max_pool2d(x: Array, y: Array, index: Array, *, size: Pair) -> None:
    rows, columns = (binned(x.shape[2 + axis], size[axis]).windows for axis in range(2))
    area = x.shape[2] * x.shape[3] // max(size[0] * size[1], 1)
    _max(x, y, index, rows, columns, (1, 1), area)


def _max(
    x: Array, y: Array, index: Array, rows: Table, columns: Table, apart: Pair, area: int
) -> None:
    n, c, height, width = y.shape
    if not y.size:
        return
    if x.shape[2] * x.shape[3] > MOST_PIXELS:
        raise ValueError(f"max pooling: expected images of up to 2**31 pixels, received {x.shape}")
    image, result, place = pixels(x), room(y), room(index)
    block, pieces = cut(n * height, width * c * area)
    plan = Largest(
        *places(image),
        *places(result),
        *places(place),
        address(rows),
        address(columns),
        n,
        height,
        width,
        c,
        *apart,
        x.shape[3],
        block,
    )
    run(largest(x.dtype.name), pieces, plan)
    stored(result, y)
    stored(place, index)


def max_pool2d_gradient(dy: Array, index: Array, dx: Array, *, shape: tuple[int, ...]) -> None:
    n, c, height, width = shape
    if not dx.size:
        untapeable()
        plain.max_pool2d_gradient(dy, index, dx, shape=shape)  # which refuses any index
        return
    target = room(dx)
    if not _gapless(target):
        target = np.empty(target.shape, dx.dtype)
    group = _group(n, c)
    memory = FLAGS + (0 if dx.dtype == np.float32 else height * width * group * 4)
    definition = partial(plain.max_pool2d_gradient, dy, index, dx, shape=shape)
    _by_index(spread(dx.dtype.name), pixels(dy), index, target, group, memory, definition)
    stored(target, dx)


def max_unpool2d_gradient(dy: Array, index: Array, dx: Array) -> None:
    if not dx.size:
        return
    source, target = pixels(dy), room(dx)
    if not _gapless(source):
        untapeable()
        source = np.ascontiguousarray(source)
    definition = partial(plain.max_unpool2d_gradient, dy, index, dx)
    _by_index(picked(dx.itemsize), target, index, source, _group(*dx.shape[:2]), 0, definition)
    stored(target, dx)


def avg_pool2d(
    x: Array,
    y: Array,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> None:
    rows, columns = _axes(x.shape, y.shape, kernel, stride, padding)
    divisors = _divisors(
        x.shape, y.shape, kernel, stride, padding, count_include_pad, divisor_override
    )
    _average(x, y, rows.windows, columns.windows, divisors, gradient=False)


def avg_pool2d_gradient(
    dy: Array,
    dx: Array,
    *,
    shape: tuple[int, ...],
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> None:
    rows, columns = _axes(shape, dy.shape, kernel, stride, padding)
    divisors = _divisors(
        shape, dy.shape, kernel, stride, padding, count_include_pad, divisor_override
    )
    _average(dy, dx, rows.holders, columns.holders, divisors, gradient=True)


def adaptive_avg_pool2d(x: Array, y: Array, *, size: Pair) -> None:
    rows, columns = (binned(x.shape[2 + axis], size[axis]) for axis in range(2))
    _average(x, y, rows.windows, columns.windows, areas(rows, columns), gradient=False)


def adaptive_avg_pool2d_gradient(dy: Array, dx: Array, *, shape: tuple[int, ...]) -> None:
    rows, columns = (binned(shape[2 + axis], dy.shape[2 + axis]) for axis in range(2))
    _average(dy, dx, rows.holders, columns.holders, areas(rows, columns), gradient=True)


def _average(
    x: Array, y: Array, rows: Table, columns: Table, divisors: Numbers, gradient: bool
) -> None:
    n, c, height, width = y.shape
    if not y.size:
        return
    image, result = pixels(x), room(y)
    area = max(1, x.shape[2] * x.shape[3] // (height * width))
    block, pieces = cut(n * height, width * c * area)
    plan = Average(
        *places(image),
        *places(result),
        address(rows),
        address(columns),
        address(divisors),
        n,
        height,
        width,
        c,
        x.shape[3],
        block,
    )
    run(averages(y.dtype.name, gradient), pieces, plan)
    stored(result, y)


def _by_index(
    kernel: Task,
    y: Array,
    index: Array,
    x: Array,
    group: int,
    memory: int,
    definition: Callable[[], None],
) -> None:
    """Run `spread` or `picked`; y is N P Q C, x N H W C without gaps between pixels."""
    n, height, width, c = x.shape
    place, wrong = pixels(index), np.zeros(MOST_LANES, np.int64)
    groups = -(-c // group)
    plan = Chosen(
        *places(y),
        *places(place),
        address(x),
        x.strides[0],
        x.strides[2],
        height * width,
        width,
        *_tile(height, width, y.shape[1], y.shape[2]),
        y.shape[1],
        y.shape[2],
        c,
        groups,
        group,
        address(wrong),
    )

    def check() -> None:
        if wrong.any():
            wrong[...] = 0
            definition()  # which says what is wrong

    run(kernel, n * groups, plan, memory, check)


def _divisors(
    image: Shape,
    pooled: Shape,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Numbers:
    if divisor_override is not None:
        return constant(pooled[2] * pooled[3], divisor_override)
    if count_include_pad:  # seen from the padded image, its padding is inside
        image = (*image[:2], *(image[2 + a] + 2 * padding[a] for a in range(2)))
        padding = (0, 0)
    return areas(*_axes(image, pooled, kernel, stride, padding))


def _group(images: int, channels: int) -> int:
    """Channels of a piece, whose float32 sums are in memory: whole cache lines of them."""
    return min(channels, 256 if images >= BUSY else 64)


def _axes(image: Shape, pooled: Shape, kernel: Pair, stride: Pair, padding: Pair) -> list[Axis]:
    return [
        sliding(image[2 + a], pooled[2 + a], kernel[a], stride[a], padding[a]) for a in range(2)
    ]


def _tile(height: int, width: int, down: int, across: int) -> Pair:
    """Pixels of each of so many tiles that cover an image; 0 if none do, or large ones."""
    if not down * across or height % down or width % across:
        return 0, 0
    tile = height // down, width // across
    return tile if tile[0] * tile[1] <= LARGEST_TILE else (0, 0)


def _gapless(x: Array) -> bool:
    """Whether the pixels of each image N H W C lie at equal distances."""
    return x.shape[1] == 1 or bool(x.strides[1] == x.shape[2] * x.strides[2])
