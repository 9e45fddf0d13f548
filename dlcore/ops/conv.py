"""Convolution and transposed convolution over one or two axes: forward and backward.

With one axis it is that of images of one row. Transposed convolution is what the gradient of a
convolution does to its input, so the gradients of the one are the other.
"""

from __future__ import annotations

from typing import TypedDict

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array
from dlcore.backend.interface.checks import require_ndim
from dlcore.backend.interface.conv import require_conv, require_conv_transpose
from dlcore.errors import OptionError
from dlcore.kernels.geometry import Padding, Pair, same_padding
from dlcore.ops.operands import autocasted, backend_of
from dlcore.ops.window import Size, View, pair, view_of
from dlcore.tensors import Tensor


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The inner product of `weight` with every window of `input`, for each output channel.

    Y[n,o,p,q] = bias[o] + sum over c, r, s of
    input[n, c, p stride - padding + r dilation, q stride - padding + s dilation] weight[o,c,r,s].

    Shapes: input N C H W or C H W, weight O C/groups R S, bias O; y N O P Q or O P Q with
        P = (H + 2 padding - dilation (R - 1) - 1) / stride + 1, rounded down, and Q likewise.
    Dtypes: floats, one for all; 16-bit floats are summed in fp32 and rounded after the bias.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import conv2d
    >>> differences = dl.tensor([[[[-1.0, 1.0]]]])
    >>> conv2d(dl.tensor([[[1.0, 4.0, 9.0, 16.0]]]), differences)
    tensor([[[3., 5., 7.]]])

    Args:
        stride: from one window to the next.
        padding: zeros on all sides; "valid" for none, "same" for as many as keep the size (an odd
            one goes behind), with stride 1 only.
        dilation: distance of a window's elements.
        groups: parts of the channels that have nothing to do with each other.

    Raises:
        ShapeError: shapes that don't fit each other, or a kernel larger than the padded input.
        DtypeError: not floats, or different dtypes.
        OptionError: numbers out of range, or an unknown padding.
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The inner product of `weight` with every window along the last axis of `input`.

    Shapes: input N C L or C L, weight O C/groups K, bias O; y N O P or O P. All else: as `conv2d`.
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Each pixel of `input` times `weight`, added up where `conv2d` would have read it.

    Shapes: input N I P Q or I P Q, weight I O/groups R S, bias O; y N O H W or O H W with
        H = (P - 1) stride - 2 padding + dilation (R - 1) + 1 + output_padding, and W likewise.
    Dtypes: as `conv2d`, but 16-bit floats are rounded before the bias, too.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import conv_transpose2d
    >>> conv_transpose2d(dl.tensor([[[1.0, 2.0]]]), dl.tensor([[[[1.0, 1.0]]]]), stride=2)
    tensor([[[1., 1., 2., 2.]]])

    Args:
        stride, padding, dilation, groups: of the convolution that it transposes.
        output_padding: which of the sizes that such a convolution makes equal, counted from the
            smallest; less than the stride.

    Raises:
        ShapeError: shapes that don't fit each other, or nothing would be left.
        DtypeError: not floats, or different dtypes.
        OptionError: numbers out of range.
    """
    options = (stride, padding, output_padding, groups, dilation)
    return _conv_transpose("conv_transpose2d", 2, input, weight, bias, *options)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Each element of `input` times `weight`, added up where `conv1d` would have read it.

    Shapes: input N I L or I L, weight I O/groups K, bias O. All else: as `conv_transpose2d`.
    """
    options = (stride, padding, output_padding, groups, dilation)
    return _conv_transpose("conv_transpose1d", 1, input, weight, bias, *options)


# -- one or two axes -------------------------------------------------------------------------


class _Steps(TypedDict):
    """What the three primitives share."""

    stride: Pair
    padding: Padding
    dilation: Pair
    groups: int


def _conv(
    operation: str,
    axes: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Size | str,
    dilation: Size,
    groups: int,
) -> Tensor:
    input, weight, bias = autocasted(operation, input, weight, bias)
    backend = backend_of(operation, input, weight, optional=(bias,))
    view, kernels = view_of(operation, input, axes), _kernels(operation, weight, axes)
    offset = None if bias is None else bias.array
    x, w = view.image(input.array), kernels.image(weight.array)
    step, gap = (
        pair(operation, name, value, axes, 1)
        for name, value in (("stride", stride), ("dilation", dilation))
    )
    pad = _padding(operation, axes, padding, w.shape[2:], step, gap)
    steps = _Steps(stride=step, padding=pad, dilation=gap, groups=groups)
    require_conv(operation, axes, x, w, offset, step, pad, gap, groups)
    y = primitives.conv2d(backend, x, w, offset, **steps)
    size, kernel = _pair_of(x), _pair_of(w)

    def input_gradient(dy: Array) -> Array:
        dy = view.image(dy)
        return view.back(primitives.conv2d_input_gradient(backend, dy, w, size=size, **steps))

    def weight_gradient(dy: Array) -> Array:
        dy = view.image(dy)
        dw = primitives.conv2d_weight_gradient(backend, x, dy, kernel=kernel, **steps)
        return kernels.back(dw)

    return result(
        operation,
        view.back(y),
        backend,
        (input, input_gradient),
        (weight, weight_gradient),
        (bias, lambda dy: _bias_gradient(backend, view.image(dy))),
        saved=_kept(input, weight),
    )


def _conv_transpose(
    operation: str,
    axes: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Tensor:
    input, weight, bias = autocasted(operation, input, weight, bias)
    backend = backend_of(operation, input, weight, optional=(bias,))
    view, kernels = view_of(operation, input, axes), _kernels(operation, weight, axes)
    offset = None if bias is None else bias.array
    x, w = view.image(input.array), kernels.image(weight.array)
    step, gap = (
        pair(operation, name, value, axes, 1)
        for name, value in (("stride", stride), ("dilation", dilation))
    )
    extra = pair(operation, "output_padding", output_padding, axes, 0)
    top, left = pair(operation, "padding", padding, axes, 0)
    pad = ((top, top), (left, left))
    steps = _Steps(stride=step, padding=pad, dilation=gap, groups=groups)
    size = require_conv_transpose(operation, axes, x, w, offset, step, pad, gap, groups, extra)
    y = primitives.conv2d_input_gradient(backend, x, w, size=size, **steps)
    if offset is not None:
        offsets = backend.expand(offset[None, :, None, None], y.shape)
        primitives.pointwise.into(backend, y, y, offsets, rule="add", parameters=())
    kernel = _pair_of(w)

    def input_gradient(dy: Array) -> Array:
        return view.back(primitives.conv2d(backend, view.image(dy), w, None, **steps))

    def weight_gradient(dy: Array) -> Array:
        dy = view.image(dy)
        dw = primitives.conv2d_weight_gradient(backend, dy, x, kernel=kernel, **steps)
        return kernels.back(dw)

    return result(
        operation,
        view.back(y),
        backend,
        (input, input_gradient),
        (weight, weight_gradient),
        (bias, lambda dy: _bias_gradient(backend, view.image(dy))),
        saved=_kept(input, weight),
    )


def _kept(input: Tensor, weight: Tensor) -> list[Tensor]:
    """What the rules read: each operand, if the other one wants a gradient."""
    return [kept for kept, other in ((weight, input), (input, weight)) if other.requires_grad]


def _bias_gradient(backend: Backend, dy: Array) -> Array:
    return primitives.reduce(backend, dy, rule="sum", axes=(0, 2, 3), keepdims=False)


def _kernels(operation: str, weight: Tensor, axes: int) -> View:
    """How a weight becomes O C R S: with one axis, R is 1."""
    letters = "O C/groups K" if axes == 1 else "O C/groups R S"
    require_ndim(operation, "weight", weight.array, axes + 2, letters)
    every = slice(None)
    return View((every, every, None), (every, every, 0)) if axes == 1 else View((), ())


def _pair_of(array: Array) -> Pair:
    return array.shape[2], array.shape[3]


def _padding(
    operation: str,
    axes: int,
    padding: Size | str,
    kernel: tuple[int, ...],
    stride: Pair,
    dilation: Pair,
) -> Padding:
    """Padding in numbers, from one of the forms that users may write."""
    if not isinstance(padding, str):
        vertical, horizontal = pair(operation, "padding", padding, axes, 0)
        return (vertical, vertical), (horizontal, horizontal)
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding != "same":
        raise OptionError(
            operation,
            expected="padding as integers, 'same' or 'valid'",
            received=f"padding={padding!r}",
            remedy="choose one of these",
        )
    if stride != (1, 1):
        raise OptionError(
            operation,
            expected="stride=1 with padding='same'",
            received=f"stride={stride[-axes:]}",
            remedy="give the padding in numbers",
        )
    return same_padding(kernel[0], dilation[0]), same_padding(kernel[1], dilation[1])
