"""Pooling: one pass for each element of the window, or for each window of an average.

Images are seen as N H W C throughout, in whatever memory they come.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.geometry import Pair, bins, touching, windows
from dlcore.kernels.numpy.wide import Array, wide


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
    image, place = _nhwc(wide(x)), _nhwc(index)
    width = x.shape[3]
    largest = np.full(place.shape, _least(image.dtype), image.dtype)
    # A pixel's place relative to its window is one number for all windows, so that the loop
    # compares and writes plain numbers. The first pixel inside stands until a larger one comes.
    top, left = (np.arange(y.shape[2 + axis]) * stride[axis] - padding[axis] for axis in range(2))
    first_row, first_column = (
        -(np.minimum(begin, 0) // step) * step
        for begin, step in zip((top, left), dilation, strict=True)
    )
    place[...] = (first_row[:, None] * width + first_column)[:, :, None]
    rows, columns = (
        [
            (step * r, *touching(x.shape[2 + axis], y.shape[2 + axis], step * r, stride[axis], pad))
            for r in range(kernel[axis])
        ]
        for axis, (step, pad) in enumerate(zip(dilation, padding, strict=True))
    )
    for down, p, h in rows:
        for right, q, w in columns:
            _improve(largest[:, p, q], place[:, p, q], image[:, h, w], down * width + right)
    place += (top[:, None] * width + left)[:, :, None]
    _nhwc(y)[...] = largest


def adaptive_max_pool2d(x: Array, y: Array, index: Array, *, size: Pair) -> None:
    image, place = _nhwc(wide(x)), _nhwc(index)
    largest = np.full(place.shape, _least(image.dtype), image.dtype)
    rows, columns = (_bin_pixels(x.shape[2 + axis], size[axis]) for axis in range(2))
    place[...] = (rows[0][:, None] * x.shape[3] + columns[0])[:, :, None] if y.size else 0
    for h in rows:
        for w in columns:
            at = (h[:, None] * x.shape[3] + w)[:, :, None]
            _improve(largest, place, image[:, h][:, :, w], at)
    _nhwc(y)[...] = largest


def max_pool2d_gradient(dy: Array, index: Array, dx: Array, *, shape: tuple[int, ...]) -> None:
    n, c, h, w = shape
    places = _flat_places(index, n, c, h * w)
    sums = np.bincount(places.ravel(), _nhwc(wide(dy)).ravel(), n * h * w * c)
    _nhwc(dx)[...] = sums.reshape(n, h, w, c)


def max_unpool2d_gradient(dy: Array, index: Array, dx: Array) -> None:
    n, c, h, w = dy.shape
    _nhwc(dx)[...] = _nhwc(dy).reshape(-1)[_flat_places(index, n, c, h * w)]


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
    rows, columns = _windows(x.shape, y.shape, kernel, stride, padding)
    divisor = _divisor(
        x.shape, y.shape, kernel, stride, padding, count_include_pad, divisor_override
    )
    sums = _window_sums(_window_sums(_nhwc(wide(x)), 1, rows), 2, columns)
    _nhwc(y)[...] = _divided(sums, divisor)


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
    rows, columns = _windows(shape, dy.shape, kernel, stride, padding)
    divisor = _divisor(
        shape, dy.shape, kernel, stride, padding, count_include_pad, divisor_override
    )
    share = _divided(_nhwc(wide(dy)), divisor)
    _nhwc(dx)[...] = _spread(_spread(share, 2, columns, shape[3]), 1, rows, shape[2])


def adaptive_avg_pool2d(x: Array, y: Array, *, size: Pair) -> None:
    rows, columns = bins(x.shape[2], size[0]), bins(x.shape[3], size[1])
    sums = _window_sums(_window_sums(_nhwc(wide(x)), 1, rows), 2, columns)
    _nhwc(y)[...] = _divided(sums, _areas(rows, columns))


def adaptive_avg_pool2d_gradient(dy: Array, dx: Array, *, shape: tuple[int, ...]) -> None:
    rows, columns = bins(shape[2], dy.shape[2]), bins(shape[3], dy.shape[3])
    share = _divided(_nhwc(wide(dy)), _areas(rows, columns))
    _nhwc(dx)[...] = _spread(_spread(share, 2, columns, shape[3]), 1, rows, shape[2])


def _nhwc(x: Array) -> Array:
    return x.transpose(0, 2, 3, 1)


def _least(dtype: np.dtype[Any]) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _improve(largest: Array, place: Array, values: Array, at: Any) -> None:
    """Where `values` are larger, or NaN, take them and their place.

    Windows are walked in reading order, so the place of a later pixel is the larger number:
    arithmetic, and several times faster than writing under a mask.
    """
    better = values > largest
    if values.dtype.kind == "f":
        better |= np.isnan(values)
    np.maximum(largest, values, out=largest)
    np.maximum(place, better * at, out=place)


def _bin_pixels(size: int, count: int) -> Array:
    """The i-th row has the i-th pixel of every bin; shorter bins repeat their last."""
    begin, end = np.array(bins(size, count), np.int64).reshape(-1, 2).T
    longest = int((end - begin).max(initial=0))
    pixels: Array = np.minimum(begin + np.arange(longest)[:, None], end - 1)
    return pixels


def _flat_places(index: Array, n: int, c: int, pixels: int) -> Array:
    """Places in the flattened N H W C image, from places in the flattened H W image."""
    if index.size and not 0 <= (least := index.min()) <= (most := index.max()) < pixels:
        wrong = least if least < 0 else most
        raise IndexError(f"indices from 0 to {pixels - 1}", f"index {wrong}")
    image = np.arange(n)[:, None, None, None] * pixels
    places: Array = (_nhwc(index) + image) * c + np.arange(c)
    return places


def _windows(
    image: tuple[int, ...], pooled: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair
) -> list[list[Pair]]:
    return [
        windows(image[2 + a], pooled[2 + a], kernel[a], stride[a], padding[a]) for a in range(2)
    ]


def _divisor(
    image: tuple[int, ...],
    pooled: tuple[int, ...],
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    if divisor_override is not None:
        return np.array(divisor_override, np.float64)
    if count_include_pad:  # seen from the padded image, its padding is inside
        image = (*image[:2], *(image[2 + a] + 2 * padding[a] for a in range(2)))
        padding = (0, 0)
    return _areas(*_windows(image, pooled, kernel, stride, padding))


def _areas(rows: list[Pair], columns: list[Pair]) -> Array:
    heights = np.array([end - begin for begin, end in rows], np.float64)
    widths = np.array([end - begin for begin, end in columns], np.float64)
    areas: Array = heights[:, None] * widths
    return areas[:, :, None]


def _divided(x: Array, divisor: Array) -> Array:
    quotient: Array = x / divisor.astype(x.dtype)
    return quotient


def _window_sums(x: Array, axis: int, ranges: list[Pair]) -> Array:
    """The sum over each range of an axis."""
    before: tuple[Any, ...] = (slice(None),) * axis
    sums = np.empty((*x.shape[:axis], len(ranges), *x.shape[axis + 1 :]), x.dtype)
    for place, (begin, end) in enumerate(ranges):
        x[(*before, slice(begin, end))].sum(axis, out=sums[(*before, place)])
    return sums


def _spread(x: Array, axis: int, ranges: list[Pair], size: int) -> Array:
    """Each element added to all of its range: the adjoint of `_window_sums`."""
    before: tuple[Any, ...] = (slice(None),) * axis
    sums = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)
    for place, (begin, end) in enumerate(ranges):
        sums[(*before, slice(begin, end))] += x[(*before, slice(place, place + 1))]
    return sums
