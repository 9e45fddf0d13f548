"""Pooling from its definition, window by window."""

import math

import numpy as np


def max_pool2d(x, *, kernel, stride, padding, dilation, ceil_mode):
    def pixels(axis, place):
        begin = place * stride[axis] - padding[axis]
        every = range(begin, begin + kernel[axis] * dilation[axis], dilation[axis])
        return [at for at in every if 0 <= at < x.shape[2 + axis]]

    size = [
        count_windows(x.shape[2 + a], kernel[a], stride[a], padding[a], dilation[a], ceil_mode)
        for a in range(2)
    ]
    return largest_of(x, size, pixels)


def adaptive_max_pool2d(x, *, size):
    return largest_of(x, size, lambda axis, place: bin_of(x.shape[2 + axis], size[axis], place))


def max_pool2d_gradient(dy, index, *, shape):
    dx = np.zeros(shape)
    for at in np.ndindex(*dy.shape):
        dx[at[0], at[1], index[at] // shape[3], index[at] % shape[3]] += dy[at]
    return dx


def max_unpool2d_gradient(dy, index):
    dx = np.zeros(index.shape)
    for at in np.ndindex(*index.shape):
        dx[at] = dy[at[0], at[1], index[at] // dy.shape[3], index[at] % dy.shape[3]]
    return dx


def avg_pool2d(x, **options):
    size = [
        count_windows(
            x.shape[2 + a],
            options["kernel"][a],
            options["stride"][a],
            options["padding"][a],
            1,
            options["ceil_mode"],
        )
        for a in range(2)
    ]
    y = np.zeros((*x.shape[:2], *size))
    for at in np.ndindex(*y.shape):
        pixels, divisor = averaged(x.shape, at[2:], **options)
        y[at] = sum(x[at[0], at[1], h, w] for h, w in pixels) / divisor
    return y


def avg_pool2d_gradient(dy, *, shape, **options):
    dx = np.zeros(shape)
    for at in np.ndindex(*dy.shape):
        pixels, divisor = averaged(shape, at[2:], **options)
        for h, w in pixels:
            dx[at[0], at[1], h, w] += dy[at] / divisor
    return dx


def adaptive_avg_pool2d(x, *, size):
    y = np.zeros((*x.shape[:2], *size))
    for n, c, p, q in np.ndindex(*y.shape):
        bins = [bin_of(x.shape[2], size[0], p), bin_of(x.shape[3], size[1], q)]
        values = [x[n, c, h, w] for h in bins[0] for w in bins[1]]
        y[n, c, p, q] = sum(values) / len(values)
    return y


def adaptive_avg_pool2d_gradient(dy, *, shape):
    dx = np.zeros(shape)
    for n, c, p, q in np.ndindex(*dy.shape):
        bins = [bin_of(shape[2], dy.shape[2], p), bin_of(shape[3], dy.shape[3], q)]
        for h in bins[0]:
            for w in bins[1]:
                dx[n, c, h, w] += dy[n, c, p, q] / (len(bins[0]) * len(bins[1]))
    return dx


def count_windows(size, kernel, stride, padding, dilation, ceil_mode):
    """Windows are counted by trying them, from the left."""
    begins = [place * stride - padding for place in range(size + 2 * padding + 2)]
    reach, end = dilation * (kernel - 1), size + padding - 1
    if not ceil_mode:
        return sum(begin + reach <= end for begin in begins)
    last = next(place for place, begin in enumerate(begins) if begin + reach >= end)
    return last + 1 if begins[last] < size else last


def bin_of(size, count, place):
    return range(math.floor(place * size / count), math.ceil((place + 1) * size / count))


def averaged(
    shape, window, *, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
):
    """The pixels of a window, and what their sum is divided by."""
    pixels, padded = [[], []], [0, 0]
    for axis in range(2):
        size, begin = shape[2 + axis], window[axis] * stride[axis] - padding[axis]
        for at in range(begin, begin + kernel[axis]):
            if 0 <= at < size:
                pixels[axis].append(at)
            if -padding[axis] <= at < size + padding[axis]:
                padded[axis] += 1
    area = padded[0] * padded[1] if count_include_pad else len(pixels[0]) * len(pixels[1])
    return [(h, w) for h in pixels[0] for w in pixels[1]], divisor_override or area


def largest_of(x, size, pixels):
    """The largest of each window: the first of equals, a NaN before all, the last of several."""
    y, index = np.zeros((*x.shape[:2], *size), x.dtype), np.zeros((*x.shape[:2], *size), np.int64)
    for n, c, p, q in np.ndindex(*y.shape):
        window = [(x[n, c, h, w], h, w) for h in pixels(0, p) for w in pixels(1, q)]
        chosen = window[0]
        for candidate in window[1:]:
            if candidate[0] > chosen[0] or candidate[0] != candidate[0]:
                chosen = candidate
        y[n, c, p, q], index[n, c, p, q] = chosen[0], chosen[1] * x.shape[3] + chosen[2]
    return y, index
