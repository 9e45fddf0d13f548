"""Windows as columns from the definition."""

import numpy as np

from tests.oracle.conv import places


def unfold(x, *, kernel, stride, padding, dilation):
    batch, channels, *size = x.shape
    count = int(np.prod(places(size, kernel, stride, padding, dilation)))
    y = np.zeros((batch, channels * kernel[0] * kernel[1], count))
    for pixel, element in elements(x.shape, kernel, stride, padding, dilation):
        y[element] = x[pixel]
    return y


def fold(x, *, size, kernel, stride, padding, dilation):
    y = np.zeros((len(x), x.shape[1] // (kernel[0] * kernel[1]), *size))
    for pixel, element in elements(y.shape, kernel, stride, padding, dilation):
        y[pixel] += x[element]
    return y


def elements(shape, kernel, stride, padding, dilation):
    """Each pixel of the image with its place in the columns, as often as a window has it."""
    batch, channels, height, width = shape
    rows, columns = places((height, width), kernel, stride, padding, dilation)
    for n, c, r, s, p, q in np.ndindex(batch, channels, *kernel, rows, columns):
        h = p * stride[0] + r * dilation[0] - padding[0][0]
        w = q * stride[1] + s * dilation[1] - padding[1][0]
        if 0 <= h < height and 0 <= w < width:
            yield (n, c, h, w), (n, (c * kernel[0] + r) * kernel[1] + s, p * columns + q)
