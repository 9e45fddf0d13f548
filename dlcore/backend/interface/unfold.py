"""Windows of an image as columns of a matrix, and back.

Letters: N images, C channels, H W pixels, R S the kernel, L = P Q places of the window. Pairs are
(vertical, horizontal); padding is ((top, bottom), (left, right)).
"""

from __future__ import annotations

from math import prod

from dlcore.backend.interface.array import FLOATS, Array, Spec, channels_last
from dlcore.backend.interface.checks import require_dtype, require_ndim
from dlcore.backend.interface.primitive import primitive
from dlcore.backend.interface.window import places_of
from dlcore.errors import ShapeError
from dlcore.kernels.geometry import Padding, Pair


@primitive
def unfold(x: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Array:
    """Y[n, (c,r,s), (p,q)] = x[n,c,h,w], h = p stride - top + r dilation, w likewise.

    Shapes: x N C H W; y N CRS L, L = PQ the places where the window fits, as in `conv2d`.
    Layout: y is in C order. Dtypes: floats, copied; 0 in the padding.

    Raises:
        DtypeError: not floats.
        OptionError: a kernel, stride or dilation below 1, or negative padding.
        ShapeError: x without four axes, or a kernel larger than the padded input.
    """
    require_ndim("unfold", "x", x, 4, "N C H W")
    require_dtype("unfold", "x", x, FLOATS)
    places = places_of("unfold", 2, x.shape[2:], kernel, stride, padding, dilation)
    return Spec((x.shape[0], x.shape[1] * prod(kernel), prod(places)), x.dtype)


@primitive
def fold(
    x: Array, *, size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    """Y[n,c,h,w] = sum of all x[n, (c,r,s), (p,q)] that `unfold` would take from that pixel.

    The gradient of `unfold`, as that is the gradient of `fold`.

    Shapes: x N CRS L; y N C H W with H W = `size`. Layout: y is channels-last.
    Dtypes: floats; sums in fp32 (float64 for float64), rounded once.

    Raises:
        DtypeError, OptionError: as `unfold`.
        ShapeError: x without three axes, channels that the kernel doesn't divide, or another number
            of columns than the window has places.
    """
    require_ndim("fold", "x", x, 3, "N C*R*S L")
    require_dtype("fold", "x", x, FLOATS)
    places = places_of("fold", 2, size, kernel, stride, padding, dilation)
    batch, channels, columns = x.shape
    if channels % prod(kernel):
        raise ShapeError(
            "fold",
            expected=f"a second axis that the {prod(kernel)} elements of kernel {kernel} divide",
            received=f"{channels} from input of shape {x.shape}",
            remedy="use the kernel_size that it was unfolded with",
        )
    if columns != prod(places):
        raise ShapeError(
            "fold",
            expected=f"{prod(places)} columns, because a kernel of {kernel} has "
            f"{places[0]} x {places[1]} places in an output of {size[0]} x {size[1]}",
            received=f"{columns} from input of shape {x.shape}",
            remedy="use the size and options that it was unfolded with",
        )
    return Spec((batch, channels // prod(kernel), *size), x.dtype, channels_last(4))
