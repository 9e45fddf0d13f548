"""Convolution from its definition: every product is visited once, in loops over float64."""

import numpy as np


def conv2d(x, weight, bias, *, stride, padding, dilation, groups):
    outputs, _, *kernel = weight.shape
    y = np.zeros((len(x), outputs, *places(x.shape[2:], kernel, stride, padding, dilation)))
    visited = products(x.shape, weight.shape, stride, padding, dilation, groups)
    for (n, c, h, w), (o, i, r, s), (p, q) in visited:
        y[n, o, p, q] += x[n, c, h, w] * weight[o, i, r, s]
    if bias is not None:
        for o in range(outputs):
            y[:, o] += bias[o]
    return y


def conv2d_input_gradient(dy, weight, *, size, stride, padding, dilation, groups):
    dx = np.zeros((len(dy), weight.shape[1] * groups, *size))
    visited = products(dx.shape, weight.shape, stride, padding, dilation, groups)
    for (n, c, h, w), (o, i, r, s), (p, q) in visited:
        dx[n, c, h, w] += dy[n, o, p, q] * weight[o, i, r, s]
    return dx


def conv2d_weight_gradient(x, dy, *, kernel, stride, padding, dilation, groups):
    dweight = np.zeros((dy.shape[1], x.shape[1] // groups, *kernel))
    visited = products(x.shape, dweight.shape, stride, padding, dilation, groups)
    for (n, c, h, w), (o, i, r, s), (p, q) in visited:
        dweight[o, i, r, s] += dy[n, o, p, q] * x[n, c, h, w]
    return dweight


def places(size, kernel, stride, padding, dilation):
    """How often the window fits, found by moving it until it sticks out."""
    counts = []
    for length, taps, step, (before, after), gap in zip(
        size, kernel, stride, padding, dilation, strict=True
    ):
        count = 0
        while count * step + (taps - 1) * gap < before + length + after:
            count += 1
        counts.append(count)
    return tuple(counts)


def products(x_shape, weight_shape, stride, padding, dilation, groups):
    """The indices in x, weight and y of each product; those in the padding are 0 and left out."""
    batch, _, height, width = x_shape
    outputs, inputs, *kernel = weight_shape
    rows, columns = places((height, width), kernel, stride, padding, dilation)
    for n, o, p, q in np.ndindex(batch, outputs, rows, columns):
        first = o // (outputs // groups) * inputs  # the first input channel of o's group
        for i, r, s in np.ndindex(inputs, *kernel):
            h = p * stride[0] + r * dilation[0] - padding[0][0]
            w = q * stride[1] + s * dilation[1] - padding[1][0]
            if 0 <= h < height and 0 <= w < width:
                yield (n, first + i, h, w), (o, i, r, s), (p, q)
