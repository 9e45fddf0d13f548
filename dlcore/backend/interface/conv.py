"""Two-dimensional convolution and its gradients.

Letters: N images, C and O channels going in and coming out, H W and P Q pixels, R S the kernel,
G groups. Pairs are (vertical, horizontal); padding is ((top, bottom), (left, right)).
"""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS, Array, Shape, Spec, channels_last
from dlcore.backend.interface.checks import require_dtype, require_ndim, require_same_dtype
from dlcore.backend.interface.primitive import primitive
from dlcore.backend.interface.window import places_of, require_steps, times
from dlcore.errors import OptionError, ShapeError
from dlcore.kernels.geometry import Padding, Pair, transposed_size


@primitive
def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """Y[n,o,p,q] = bias[o] + sum over c, r, s of x[n,c,h,w] weight[o,c,r,s].

    h = p stride - top + r dilation, w likewise; x is 0 in the padding. With groups, the o-th of O
    outputs sees only the C/G inputs of its own group, which is number o G / O, rounded down.

    Shapes: x N C H W, weight O C/G R S, bias O; y N O P Q with
        P = (H + top + bottom - dilation (R - 1) - 1) / stride + 1, rounded down.
    Layout: y is channels-last.
    Dtypes: floats, one for all. Products and sums in fp32 (float64 for float64), the bias is added
    there too, y is rounded once.
    NaN and Inf reach every output that they are a term of. Whether they reach others, as 0 times
    NaN in the padding or through the transforms of a fast algorithm, is left open.

    Raises:
        DtypeError: not floats, or different dtypes.
        OptionError: a stride, dilation or number of groups below 1, or negative padding.
        ShapeError: the shapes don't fit each other, or the kernel is larger than the padded input.
    """
    size = require_conv("conv2d", 2, x, weight, bias, stride, padding, dilation, groups)
    return Spec((x.shape[0], weight.shape[0], *size), x.dtype, channels_last(4))


@primitive
def conv2d_input_gradient(
    dy: Array,
    weight: Array,
    *,
    size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """Dx[n,c,h,w] = sum of dy[n,o,p,q] weight[o,c,r,s] over all o, p, q, r, s that read it.

    The gradient of `conv2d` for x, and the forward pass of transposed convolution.

    Shapes: dy N O P Q, weight O C/G R S; dx N C H W with H W = `size`, from which P Q must follow.
    Layout: dx is channels-last. Dtypes, accumulation, NaN, errors: as `conv2d`.
    """
    batch = dy.shape[0]
    dx = Spec((batch, weight.shape[1] * groups, *size), dy.dtype, channels_last(4))
    fits = require_conv(
        "conv2d_input_gradient", 2, dx, weight, None, stride, padding, dilation, groups
    )
    require_same_dtype("conv2d_input_gradient", dy=dy, weight=weight)
    _require_gradient("conv2d_input_gradient", dy, (batch, weight.shape[0], *fits))
    return dx


@primitive
def conv2d_weight_gradient(
    x: Array,
    dy: Array,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """Dweight[o,c,r,s] = sum over n, p, q of dy[n,o,p,q] x[n,c,h,w], h and w as in `conv2d`.

    Shapes: x N C H W, dy N O P Q; dweight O C/G R S with R S = `kernel`.
    Layout: dweight is channels-last: O R S C in memory.
    Dtypes, accumulation, NaN, errors: as `conv2d`. Without images it is 0.
    """
    outputs = dy.shape[1]
    shape = (outputs, x.shape[1] // max(groups, 1), *kernel)
    dweight = Spec(shape, x.dtype, channels_last(4))
    fits = require_conv(
        "conv2d_weight_gradient", 2, x, dweight, None, stride, padding, dilation, groups
    )
    require_same_dtype("conv2d_weight_gradient", x=x, dy=dy)
    _require_gradient("conv2d_weight_gradient", dy, (x.shape[0], outputs, *fits))
    return dweight


# -- checks ----------------------------------------------------------------------------------
# Operations over one axis share them: their images are rows, and `axes` = 1 says so to errors.


def require_conv(
    operation: str,
    axes: int,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Pair:
    """Refuse what can't be convolved; the answer is the output's size."""
    _require_arrays(operation, x, weight, bias)
    outputs, inputs, *kernel = weight.shape
    _require_groups(operation, "output channels", outputs, groups)
    _require_channels(operation, axes, x, inputs * groups, weight, groups)
    _require_bias(operation, bias, outputs)
    return places_of(operation, axes, x.shape[2:], kernel, stride, padding, dilation)


def require_conv_transpose(
    operation: str,
    axes: int,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    extra: Pair,
) -> Pair:
    """Refuse what can't be convolved with transposed; the answer is the output's size."""
    _require_arrays(operation, x, weight, bias)
    require_steps(operation, axes, stride, padding, dilation)
    inputs, outputs, *kernel = weight.shape
    _require_groups(operation, "input channels", inputs, groups)
    _require_channels(operation, axes, x, inputs, weight, groups)
    _require_bias(operation, bias, outputs * groups)
    if any(not 0 <= more < step for more, step in zip(extra, stride, strict=True)):
        raise OptionError(
            operation,
            expected=f"output_padding of at least 0 and less than stride={times(stride[-axes:])}",
            received=f"output_padding={times(extra[-axes:])}",
            remedy="leave it out for the smallest output",
        )
    measures = zip(x.shape[2:], kernel, stride, padding, dilation, extra, strict=True)
    height, width = (transposed_size(*measure) for measure in measures)
    if min(height, width, *x.shape[2:], *kernel) < 1:
        raise ShapeError(
            operation,
            expected="an input, a kernel and an output of at least 1 pixel",
            received=f"input of shape {seen(x, axes)} and weight of shape {seen(weight, axes)}, "
            f"which give {times((height, width)[-axes:])}",
            remedy="use less padding or a larger input",
        )
    return height, width


def seen(array: Array, axes: int) -> Shape:
    """The shape as users know it."""
    return array.shape if axes == 2 else (*array.shape[:2], *array.shape[3:])


def _require_arrays(operation: str, x: Array, weight: Array, bias: Array | None) -> None:
    require_ndim(operation, "x", x, 4, "N C H W")
    require_ndim(operation, "weight", weight, 4, "O C/groups R S")
    require_dtype(operation, "x", x, FLOATS)
    require_same_dtype(operation, input=x, weight=weight, bias=bias)


def _require_groups(operation: str, which: str, channels: int, groups: int) -> None:
    if groups < 1:
        raise OptionError(
            operation,
            expected="groups of at least 1",
            received=f"groups={groups}",
            remedy="leave it out for groups=1",
        )
    if channels % groups or not channels:
        raise ShapeError(
            operation,
            expected=f"a number of {which} that groups={groups} divides",
            received=f"{channels} {which}",
            remedy="choose groups, in_channels and out_channels so that groups divides both",
        )


def _require_channels(
    operation: str, axes: int, x: Array, channels: int, weight: Array, groups: int
) -> None:
    if x.shape[1] != channels:
        raise ShapeError(
            operation,
            expected=f"{channels} input channels because weight has shape {seen(weight, axes)} "
            f"with groups={groups}",
            received=f"{x.shape[1]} from input of shape {seen(x, axes)}",
            remedy=f"build the layer with in_channels={x.shape[1]}, or check the order of the "
            "input's axes: channels come before pixels",
        )


def _require_bias(operation: str, bias: Array | None, outputs: int) -> None:
    if bias is not None and bias.shape != (outputs,):
        raise ShapeError(
            operation,
            expected=f"bias of shape ({outputs},), one for each output channel",
            received=f"bias of shape {bias.shape}",
            remedy="give a bias that fits the weight, or None",
        )


def _require_gradient(operation: str, dy: Array, expected: Shape) -> None:
    if dy.shape != expected:
        raise ShapeError(
            operation,
            expected=f"a gradient of shape {expected}, that of the output",
            received=f"shape {dy.shape}",
            remedy="pass the size, kernel, stride, padding and dilation of the forward pass",
        )
