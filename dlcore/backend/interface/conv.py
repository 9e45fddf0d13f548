"""Two-dimensional convolution and its gradients.

Letters: N images, C and O channels going in and coming out, H W and P Q pixels, R S the kernel,
G groups. Pairs are (vertical, horizontal); padding is ((top, bottom), (left, right)).
"""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.backend.interface.array import FLOATS, Array, Shape, Spec, channels_last
from dlcore.backend.interface.checks import require_dtype, require_ndim, require_same_dtype
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import OptionError, ShapeError
from dlcore.kernels.geometry import Padding, Pair, extent, output_size


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
    size = require_conv("conv2d", x, weight, bias, stride, padding, dilation, groups)
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
        "conv2d_input_gradient", dx, weight, None, stride, padding, dilation, groups
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
        "conv2d_weight_gradient", x, dweight, None, stride, padding, dilation, groups
    )
    require_same_dtype("conv2d_weight_gradient", x=x, dy=dy)
    _require_gradient("conv2d_weight_gradient", dy, (x.shape[0], outputs, *fits))
    return dweight


LETTERS = {1: ("N C L", "O C/groups K"), 2: ("N C H W", "O C/groups R S")}


def require_conv(
    operation: str,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    padding: Sequence[Pair],
    dilation: Sequence[int],
    groups: int,
) -> tuple[int, ...]:
    """Refuse what can't be convolved; the output's size along the axes behind the channels."""
    axes = len(stride)
    require_ndim(operation, "x", x, axes + 2, LETTERS[axes][0])
    require_ndim(operation, "weight", weight, axes + 2, LETTERS[axes][1])
    require_dtype(operation, "x", x, FLOATS)
    require_same_dtype(operation, x=x, weight=weight, bias=bias)
    require_steps(operation, stride, padding, dilation, groups)
    outputs, inputs, *kernel = weight.shape
    if outputs % groups or not outputs:
        raise ShapeError(
            operation,
            expected=f"a number of output channels that groups={groups} divides",
            received=f"{outputs} from weight of shape {weight.shape}",
            remedy="choose out_channels as a multiple of groups",
        )
    if x.shape[1] != inputs * groups:
        raise ShapeError(
            operation,
            expected=f"{inputs * groups} input channels because weight has shape {weight.shape} "
            f"with groups={groups}",
            received=f"{x.shape[1]} from input of shape {x.shape}",
            remedy=f"build the layer with in_channels={x.shape[1]}, or check the axes: "
            f"{LETTERS[axes][0]}",
        )
    require_bias(operation, bias, outputs)
    require_fit(operation, x.shape[2:], kernel, padding, dilation)
    measures = zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    return tuple(output_size(*measure) for measure in measures)


def require_steps(
    operation: str,
    stride: Sequence[int],
    padding: Sequence[Pair],
    dilation: Sequence[int],
    groups: int = 1,
) -> None:
    """Refuse strides, dilations and groups below 1, and negative padding."""
    options = (
        ("stride", stride, stride, 1),
        ("padding", padding, [amount for pair in padding for amount in pair], 0),
        ("dilation", dilation, dilation, 1),
        ("groups", groups, [groups], 1),
    )
    for name, given, numbers, least in options:
        if min(numbers) < least:
            raise OptionError(
                operation,
                expected=f"{name} of at least {least}",
                received=f"{name}={given}",
                remedy=f"use {name}={least} for none" if name != "groups" else "use groups=1",
            )


def require_fit(
    operation: str,
    size: Sequence[int],
    kernel: Sequence[int],
    padding: Sequence[Pair],
    dilation: Sequence[int],
) -> None:
    """Refuse a kernel that is larger than the padded input, or empty."""
    needed = tuple(extent(k, d) for k, d in zip(kernel, dilation, strict=True))
    padded = tuple(n + sum(pad) for n, pad in zip(size, padding, strict=True))
    if min(kernel) < 1 or any(n > room for n, room in zip(needed, padded, strict=True)):
        raise ShapeError(
            operation,
            expected=f"a kernel of at least 1 and at most {_times(padded)} pixels, as large as the "
            f"input of {_times(size)} with its padding",
            received=f"a kernel of {_times(kernel)} that spans {_times(needed)} with "
            f"dilation={tuple(dilation)}",
            remedy="add padding, use a smaller kernel or a larger input",
        )


def require_bias(operation: str, bias: Array | None, outputs: int) -> None:
    """Refuse a bias that isn't one number for each output channel."""
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


def _times(size: Sequence[int]) -> str:
    return " x ".join(map(str, size))
