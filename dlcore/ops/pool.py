"""Pooling over windows of the last one or two axes: forward and backward.

In formulas x is the input. One-dimensional pooling is two-dimensional pooling of images of one row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import copysign, isinf
from typing import Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array
from dlcore.errors import OptionError
from dlcore.kernels.geometry import Pair
from dlcore.ops.activation import relu
from dlcore.ops.arithmetic import mul
from dlcore.ops.elementwise import abs
from dlcore.ops.elementwise import sign as sign_of
from dlcore.ops.operands import backend_of
from dlcore.ops.power import pow
from dlcore.ops.window import Size, View, pair, view_of
from dlcore.tensors import Tensor

AdaptiveSize = int | None | Sequence[int | None]


def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window, and with `return_indices` where it was (h W + w), too.

    Shapes: input: N C H W or C H W; the result: N C P Q or C P Q.
    Dtypes: floats and integers; indices int64.

    >>> import dlcore as dl
    >>> from dlcore.ops.pool import max_pool2d
    >>> max_pool2d(dl.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 2)
    tensor([[[3.]]])

    Args:
        stride: from one window to the next; the kernel's size if None.
        padding: on all sides, never chosen; at most half of the kernel.
        dilation: distance of a window's elements.
        ceil_mode: a last window may reach over the end.

    Raises:
        ShapeError: another number of axes, or no window fits.
        OptionError: numbers out of range.
        DtypeError: the input is bool.
    """
    return _max_pool(
        "max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window along the last axis.

    Shapes: input: N C L or C L. All else: as `max_pool2d`.
    """
    return _max_pool(
        "max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def adaptive_max_pool2d(
    input: Tensor, output_size: AdaptiveSize, return_indices: bool = False
) -> Any:
    """The largest value of each of `output_size` bins that cover the image.

    Shapes: input: N C H W or C H W; the result: N C P Q or C P Q; None keeps a length.
    Dtypes, indices: as `max_pool2d`.

    Raises:
        ShapeError: another number of axes, or no pixels.
    """
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool1d(
    input: Tensor, output_size: AdaptiveSize, return_indices: bool = False
) -> Any:
    """The largest value of each of `output_size` bins that cover the last axis.

    Shapes: input: N C L or C L. All else: as `adaptive_max_pool2d`.
    """
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The average of each window.

    Shapes: input: N C H W or C H W; the result: N C P Q or C P Q.
    Dtypes: floats; sums in fp32 at least.

    >>> import dlcore as dl
    >>> from dlcore.ops.pool import avg_pool2d
    >>> avg_pool2d(dl.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 2)
    tensor([[[1.5]]])

    Args:
        stride: from one window to the next; the kernel's size if None.
        padding: zeros on all sides; at most half of the kernel.
        ceil_mode: a last window may reach over the end.
        count_include_pad: divide by the window's area, padding counted; else by its pixels.
        divisor_override: divide by this number.

    Raises:
        ShapeError: another number of axes, or no window fits.
        OptionError: numbers out of range.
        DtypeError: the input is not floating point.
    """
    options = (ceil_mode, count_include_pad, divisor_override)
    return _avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, *options)


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The average of each window along the last axis.

    Shapes: input: N C L or C L. All else: as `avg_pool2d`.
    """
    options = (ceil_mode, count_include_pad, None)
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, *options)


def adaptive_avg_pool2d(input: Tensor, output_size: AdaptiveSize) -> Tensor:
    """The average of each of `output_size` bins that cover the image.

    Shapes: input: N C H W or C H W; the result: N C P Q or C P Q; None keeps a length.
    Dtypes: floats; sums in fp32 at least.

    >>> import dlcore as dl
    >>> from dlcore.ops.pool import adaptive_avg_pool2d
    >>> adaptive_avg_pool2d(dl.tensor([[[1.0, 3.0, 5.0]]]), (1, 2))
    tensor([[[2., 4.]]])

    Raises:
        ShapeError: another number of axes, or no pixels.
        DtypeError: the input is not floating point.
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool1d(input: Tensor, output_size: AdaptiveSize) -> Tensor:
    """The average of each of `output_size` bins that cover the last axis.

    Shapes: input: N C L or C L. All else: as `adaptive_avg_pool2d`.
    """
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """(sum of x^norm_type over each window)^(1 / norm_type); the gradient is 0 where that is 0.

    Order infinity is the largest |x|, -infinity the smallest. A negative sum has no root (NaN)
    unless norm_type is 1. Shapes, dtypes, errors: as `avg_pool2d`.
    """
    return _lp_pool(avg_pool2d, max_pool2d, 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """(sum of x^norm_type over each window)^(1 / norm_type) along the last axis.

    Shapes, dtypes, errors: as `avg_pool1d`.
    """
    return _lp_pool(avg_pool1d, max_pool1d, 1, input, norm_type, kernel_size, stride, ceil_mode)


# -- one or two axes -------------------------------------------------------------------------


def _max_pool(
    operation: str,
    axes: int,
    x: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    backend = backend_of(operation, x)
    view = view_of(operation, x, axes)
    kernel, step, pad = windows(operation, axes, kernel_size, stride, padding)
    y, index = primitives.max_pool2d(
        backend,
        view.image(x.array),
        kernel=kernel,
        stride=step,
        padding=pad,
        dilation=pair(operation, "dilation", dilation, axes, 1),
        ceil_mode=ceil_mode,
    )
    return _largest(operation, x, view, y, index, return_indices)


def _adaptive_max_pool(
    operation: str, axes: int, x: Tensor, output_size: AdaptiveSize, return_indices: bool
) -> Any:
    backend = backend_of(operation, x)
    view = view_of(operation, x, axes)
    image = view.image(x.array)
    size = _adaptive_size(operation, output_size, axes, image)
    y, index = primitives.adaptive_max_pool2d(backend, image, size=size)
    return _largest(operation, x, view, y, index, return_indices)


def _largest(
    operation: str, x: Tensor, view: View, y: Array, index: Array, return_indices: bool
) -> Any:
    """Outputs of max pooling; its gradient goes to the pixels that were chosen."""
    backend, shape = x.backend, view.image(x.array).shape
    indices = Tensor(view.back(index), backend)

    def rule(dy: Array) -> Array:
        dx = primitives.max_pool2d_gradient(backend, view.image(dy), index, shape=shape)
        return view.back(dx)

    saved = [indices] if return_indices else []
    output = result(operation, view.back(y), backend, (x, rule), saved=saved)
    return (output, indices) if return_indices else output


def _avg_pool(
    operation: str,
    axes: int,
    x: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    backend = backend_of(operation, x)
    view = view_of(operation, x, axes)
    kernel, step, pad = windows(operation, axes, kernel_size, stride, padding)
    image = view.image(x.array)
    shape = image.shape

    y = primitives.avg_pool2d(
        backend,
        image,
        kernel=kernel,
        stride=step,
        padding=pad,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )

    def rule(dy: Array) -> Array:
        dx = primitives.avg_pool2d_gradient(
            backend,
            view.image(dy),
            shape=shape,
            kernel=kernel,
            stride=step,
            padding=pad,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )
        return view.back(dx)

    return result(operation, view.back(y), backend, (x, rule))


def _adaptive_avg_pool(operation: str, axes: int, x: Tensor, output_size: AdaptiveSize) -> Tensor:
    backend = backend_of(operation, x)
    view = view_of(operation, x, axes)
    image = view.image(x.array)
    shape = image.shape
    size = _adaptive_size(operation, output_size, axes, image)
    y = primitives.adaptive_avg_pool2d(backend, image, size=size)

    def rule(dy: Array) -> Array:
        dx = primitives.adaptive_avg_pool2d_gradient(backend, view.image(dy), shape=shape)
        return view.back(dx)

    return result(operation, view.back(y), backend, (x, rule))


def windows(
    operation: str, axes: int, kernel_size: Size, stride: Size | None, padding: Size
) -> tuple[Pair, Pair, Pair]:
    """Kernel, stride and padding as (vertical, horizontal)."""
    kernel = pair(operation, "kernel_size", kernel_size, axes, 1)
    step = kernel if stride is None else pair(operation, "stride", stride, axes, 1)
    return kernel, step, pair(operation, "padding", padding, axes, 0)


def _adaptive_size(operation: str, output_size: AdaptiveSize, axes: int, image: Array) -> Pair:
    asked = list(output_size) if isinstance(output_size, Sequence) else [output_size] * axes
    kept = image.shape[4 - axes :]
    if len(asked) == axes:
        asked = [k if size is None else size for size, k in zip(asked, kept, strict=True)]
    return pair(operation, "output_size", asked, axes, 1)  # type: ignore[arg-type]


def _lp_pool(
    average: Callable[..., Tensor],
    largest: Callable[..., Tensor],
    axes: int,
    x: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None,
    ceil_mode: bool,
) -> Tensor:
    """By the average of each window, whose area is that of the kernel also where it overhangs."""
    if isinf(norm_type):
        sign = copysign(1.0, norm_type)
        return mul(largest(mul(abs(x), sign), kernel_size, stride, 0, 1, ceil_mode), sign)
    if not norm_type:
        raise OptionError(
            "lp_pool",
            expected="norm_type other than 0",
            received=f"norm_type={norm_type}",
            remedy="1 gives sums, 2 lengths, infinity the largest",
        )
    height, width = pair("lp_pool", "kernel_size", kernel_size, axes, 1)
    averages = average(pow(x, norm_type), kernel_size, stride, 0, ceil_mode)
    averages = mul(sign_of(averages), relu(abs(averages)))  # relu stops the root's slope at 0
    return pow(mul(averages, height * width), 1.0 / norm_type)
