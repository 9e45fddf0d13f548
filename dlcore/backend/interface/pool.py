"""Pooling over windows of the last two axes: the largest or the average of each."""

from __future__ import annotations

from dlcore.backend.interface.array import (
    FLOATS,
    INTEGERS,
    Array,
    Shape,
    Spec,
    channels_last,
    int64,
)
from dlcore.backend.interface.checks import require_dtype, require_ndim
from dlcore.backend.interface.primitive import checks_values, primitive
from dlcore.errors import OptionError, ShapeError
from dlcore.kernels.geometry import Pair, extent, output_size, touching


@primitive
def max_pool2d(
    x: Array, *, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[Array, Array]:
    """Y[n,c,p,q] = the largest x[n,c,h,w] of window (p, q), and where it was.

    Window (p, q) has the pixels h = p stride - padding + r dilation for r below the kernel's
    height, w likewise; padding is never chosen. `index` is h W + w.
    Of equals the first is chosen; a NaN is larger than anything, and of several the last.

    Shapes: x N C H W; y, index: N C P Q. Layout: channels last. Dtypes: x, y floats or integers;
    index int64. With `ceil_mode` a last window may reach over the end (see `geometry`).

    Raises:
        ShapeError: no window fits, or one would hold nothing but padding.
        OptionError: padding more than half of the kernel, numbers out of range.
    """
    require_dtype("max_pool2d", "x", x, FLOATS | INTEGERS)
    size = _pooled("max_pool2d", x, kernel, stride, padding, dilation, ceil_mode)
    return _placed(x, size)


@checks_values
@primitive
def max_pool2d_gradient(dy: Array, index: Array, *, shape: Shape) -> Array:
    """Dx[n,c,h,w] = the sum of dy[n,c,p,q] over all p, q with index[n,c,p,q] = h W + w.

    Shapes: dy, index: N C P Q; dx: `shape`, N C H W. Layout: channels last. Dtypes: dy, dx floats,
    summed in fp32 at least, rounded once; index int64.

    Raises:
        IndexRangeError: an index that is not in 0 ... H W - 1.
    """
    require_dtype("max_pool2d_gradient", "dy", dy, FLOATS)
    _require_index("max_pool2d_gradient", dy, index, shape)
    return Spec(shape, dy.dtype, channels_last(4))


@checks_values
@primitive
def max_unpool2d_gradient(dy: Array, index: Array) -> Array:
    """Dx[n,c,p,q] = dy[n,c,h,w] where h W + w = index[n,c,p,q]: the adjoint of the above.

    Shapes: dy N C H W; index, dx: N C P Q. Layout: channels last. Dtypes: floats; index int64.

    Raises:
        IndexRangeError: an index that is not in 0 ... H W - 1.
    """
    require_dtype("max_unpool2d_gradient", "dy", dy, FLOATS)
    require_dtype("max_unpool2d_gradient", "index", index, {int64})
    return Spec(index.shape, dy.dtype, channels_last(4))


@primitive
def adaptive_max_pool2d(x: Array, *, size: Pair) -> tuple[Array, Array]:
    """Y[n,c,p,q] = the largest pixel of bin (p, q), and where it was.

    Bin p has the rows floor(p H / P) to ceil((p + 1) H / P) - 1, columns likewise. All else is as
    for `max_pool2d`, whose gradient serves this one, too.

    Raises:
        ShapeError: x has no pixels.
    """
    require_dtype("adaptive_max_pool2d", "x", x, FLOATS | INTEGERS)
    _require_image("adaptive_max_pool2d", x)
    _require_size("adaptive_max_pool2d", size)
    return _placed(x, size)


@primitive
def avg_pool2d(
    x: Array,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    """Y[n,c,p,q] = the sum of x over window (p, q) / its divisor.

    The divisor is `divisor_override`; else with `count_include_pad` the window's area within the
    padded image (a window that `ceil_mode` lets reach over that counts less), else its area within
    the image.

    Shapes: x N C H W; y N C P Q. Layout: channels last. Dtypes: floats; sums in fp32 at least
    (float64 for float64), rounded once.

    Raises:
        ShapeError: no window fits.
        OptionError: padding more than half of the kernel, numbers out of range.
    """
    require_dtype("avg_pool2d", "x", x, FLOATS)
    size = _pooled("avg_pool2d", x, kernel, stride, padding, (1, 1), ceil_mode)
    if divisor_override == 0:
        raise OptionError(
            "avg_pool2d",
            expected="divisor_override to be None or not zero",
            received="0",
            remedy="leave it out to divide by the window's area",
        )
    return Spec((*x.shape[:2], *size), x.dtype, channels_last(4))


@primitive
def avg_pool2d_gradient(
    dy: Array,
    *,
    shape: Shape,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    """Dx[n,c,h,w] = the sum of dy[n,c,p,q] / divisor over all windows that hold (h, w).

    Shapes: dy N C P Q; dx: `shape`, N C H W. Layout, dtypes: as `avg_pool2d`.
    """
    require_dtype("avg_pool2d_gradient", "dy", dy, FLOATS)
    return Spec(shape, dy.dtype, channels_last(4))


@primitive
def adaptive_avg_pool2d(x: Array, *, size: Pair) -> Array:
    """Y[n,c,p,q] = the average of bin (p, q); bins as in `adaptive_max_pool2d`.

    Shapes: x N C H W; y N C P Q. Layout: channels last. Dtypes: floats; sums in fp32 at least.

    Raises:
        ShapeError: x has no pixels.
    """
    require_dtype("adaptive_avg_pool2d", "x", x, FLOATS)
    _require_image("adaptive_avg_pool2d", x)
    _require_size("adaptive_avg_pool2d", size)
    return Spec((*x.shape[:2], *size), x.dtype, channels_last(4))


@primitive
def adaptive_avg_pool2d_gradient(dy: Array, *, shape: Shape) -> Array:
    """Dx[n,c,h,w] = the sum of dy[n,c,p,q] / the bin's area over all bins that hold (h, w).

    Shapes: dy N C P Q; dx: `shape`, N C H W. Layout, dtypes: as `adaptive_avg_pool2d`.
    """
    require_dtype("adaptive_avg_pool2d_gradient", "dy", dy, FLOATS)
    return Spec(shape, dy.dtype, channels_last(4))


def _placed(x: Array, size: Pair) -> tuple[Array, Array]:
    shape = (*x.shape[:2], *size)
    return Spec(shape, x.dtype, channels_last(4)), Spec(shape, int64, channels_last(4))


def _pooled(
    operation: str,
    x: Array,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
) -> Pair:
    """The number of windows along both axes, all arguments checked."""
    _require_image(operation, x)
    for argument, value, least in (
        ("kernel_size", kernel, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
    ):
        if min(value) < least:
            raise OptionError(
                operation,
                expected=f"{argument} of {least} or more",
                received=str(value),
                remedy="windows, steps and padding are counted in pixels",
            )
    if any(2 * p > extent(k, d) for p, k, d in zip(padding, kernel, dilation, strict=True)):
        raise OptionError(
            operation,
            expected="padding of at most half of the kernel",
            received=f"padding {padding} for kernel_size {kernel} with dilation {dilation}",
            remedy="use a larger kernel, or pad the input before",
        )
    sizes = [
        output_size(length, k, s, (p, p), d, ceil_mode)
        for length, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    ]
    if min(sizes) < 1:
        raise ShapeError(
            operation,
            expected=f"an image of at least the kernel's size, {kernel} with dilation {dilation}",
            received=f"x of shape {x.shape} with padding {padding}",
            remedy="use a smaller kernel, more padding or a larger image",
        )
    for axis, count in enumerate(sizes):
        if dilation[axis] > 1 and padding[axis]:
            _require_pixels(operation, x, axis, count, kernel, stride, padding, dilation)
    return sizes[0], sizes[1]


def _require_pixels(
    operation: str,
    x: Array,
    axis: int,
    count: int,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> None:
    """Refuse windows whose gaps step over all of the image."""
    held: set[int] = set()
    for offset in range(kernel[axis]):
        at, _ = touching(
            x.shape[2 + axis], count, offset * dilation[axis], stride[axis], padding[axis]
        )
        held.update(range(at.start, at.stop))
    if len(held) < count:
        raise ShapeError(
            operation,
            expected="at least one pixel in each window",
            received=f"x of shape {x.shape}, kernel_size {kernel}, dilation {dilation}, "
            f"padding {padding}",
            remedy="use less dilation or less padding",
        )


def _require_image(operation: str, x: Array) -> None:
    require_ndim(operation, "x", x, 4, "N C H W")
    if 0 in x.shape[2:]:
        raise ShapeError(
            operation,
            expected="an image of at least one pixel",
            received=f"x of shape {x.shape}",
            remedy="only the batch may be empty",
        )


def _require_size(operation: str, size: Pair) -> None:
    if min(size) < 0:
        raise OptionError(
            operation,
            expected="output_size of 0 or more",
            received=str(size),
            remedy="count pixels, or write None to keep a length",
        )


def _require_index(operation: str, dy: Array, index: Array, shape: Shape) -> None:
    require_dtype(operation, "index", index, {int64})
    if dy.shape != index.shape or dy.shape[:2] != tuple(shape[:2]):
        raise ShapeError(
            operation,
            expected="values and indices of one shape, N C P Q, for an image N C H W",
            received=f"values {dy.shape}, indices {index.shape}, image {tuple(shape)}",
            remedy="use the indices that max pooling returned with these values",
        )
