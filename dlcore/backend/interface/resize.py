"""Resizing of images: nearest and linear interpolation along the last two axes."""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS, Array, Shape, Spec, channels_last
from dlcore.backend.interface.checks import require_dtype, require_ndim, require_option
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import OptionError, ShapeError
from dlcore.kernels.geometry import Pair

MODES = ("linear", "nearest", "nearest-exact")
Scale = tuple[float | None, float | None]
"""The factor that was asked for along either axis; None for the ratio of the sizes."""


@primitive
def resize(x: Array, *, size: Pair, mode: str, align_corners: bool, scale: Scale) -> Array:
    """Y[n,c,p,q] = sum over taps (h, a) of p and (w, b) of q of a b x[n,c,h,w].

    `kernels.sampling.taps` defines them: along either axis one tap for the nearest modes and two
    for linear, with `mode`, `align_corners` and `scale` as there. Every tap is read, those of
    weight 0, too, so that an Inf or NaN there gives NaN.

    Shapes: x N C H W; y N C P Q, `size` = (P, Q). Layout: channels last. Dtypes: floats; computed
    in fp32 (float64 for float64), rounded once.

    Raises:
        ShapeError: an image without pixels, or an output without.
        OptionError: no such mode, `align_corners` for another mode than linear.
    """
    require_dtype("resize", "x", x, FLOATS)
    require_ndim("resize", "x", x, 4, "N C H W")
    require_option("resize", "mode", mode, MODES)
    if 0 in x.shape[2:] or min(size) < 1:
        raise ShapeError(
            "resize",
            expected="images of at least one pixel",
            received=f"x of shape {x.shape} for size {size}",
            remedy="only the batch may be empty",
        )
    if align_corners and mode != "linear":
        raise OptionError(
            "resize",
            expected="align_corners with linear interpolation only",
            received=f"align_corners=True with mode {mode!r}",
            remedy="leave it out",
        )
    return Spec((*x.shape[:2], *size), x.dtype, channels_last(4))


@primitive
def resize_gradient(
    dy: Array, *, shape: Shape, mode: str, align_corners: bool, scale: Scale
) -> Array:
    """Dx[n,c,h,w] = sum of a b dy[n,c,p,q] over all taps at (h, w): the adjoint of `resize`.

    Shapes: dy N C P Q; dx: `shape`, N C H W. Layout, dtypes: as `resize`.
    """
    require_dtype("resize_gradient", "dy", dy, FLOATS)
    return Spec(shape, dy.dtype, channels_last(4))
