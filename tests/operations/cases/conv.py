"""Convolution and transposed convolution over one and two axes."""

import warnings

from dlcore.ops import conv as ops
from tests.operations.case import Operation, normal


def case(function, text, x, weight, bias=None, reduction=1, **options):
    """One call of a function that dlcore and PyTorch both have."""
    makers = [normal(*x), normal(*weight)] + ([normal(bias)] if bias else [])
    ours = getattr(ops, function)

    def theirs(torch, *tensors):
        with warnings.catch_warnings():  # PyTorch says that 'same' with even kernels is slow
            warnings.simplefilter("ignore")
            return getattr(torch.nn.functional, function)(*tensors, **options)

    return Operation(
        f"{function}, {text}",
        lambda *tensors: ours(*tensors, **options),
        tuple(makers),
        theirs,
        reduction,
    )


# The longest sums are those of the weight's gradient, over all places of the window.
CASES = [
    case("conv2d", "plain", (2, 3, 5, 6), (4, 3, 3, 2), 4, 30),
    case("conv2d", "no bias", (2, 3, 5, 6), (4, 3, 3, 2), None, 30),
    case("conv2d", "no batch", (3, 5, 6), (4, 3, 3, 2), 4, 18),
    case("conv2d", "no images", (0, 3, 5, 6), (4, 3, 3, 2), 4),
    case("conv2d", "stride", (2, 2, 7, 8), (3, 2, 3, 3), 3, 36, stride=2),
    case("conv2d", "two strides", (2, 2, 7, 8), (3, 2, 2, 3), 3, 30, stride=(3, 2), padding=(1, 0)),
    case("conv2d", "padding", (1, 2, 3, 4), (2, 2, 3, 3), 2, 20, padding=1),
    case("conv2d", "same padding", (1, 2, 5, 6), (2, 2, 4, 3), 2, 30, padding="same"),
    case("conv2d", "same, dilated", (1, 2, 5, 6), (2, 2, 2, 4), 2, 30, padding="same", dilation=3),
    case("conv2d", "valid padding", (1, 2, 5, 6), (2, 2, 4, 3), 2, 24, padding="valid", stride=2),
    case("conv2d", "dilation", (2, 2, 7, 8), (3, 2, 3, 2), 3, 48, dilation=(2, 3), padding=(1, 2)),
    case("conv2d", "groups", (2, 4, 5, 4), (6, 2, 3, 3), 6, 40, groups=2, padding=1),
    case("conv2d", "depthwise", (2, 4, 5, 4), (8, 1, 3, 3), 8, 40, groups=4, padding=1),
    case("conv2d", "1x1", (2, 5, 3, 4), (3, 5, 1, 1), 3, 24),
    case("conv2d", "a pixel", (2, 3, 1, 1), (4, 3, 3, 3), 4, 27, padding=1),
    case("conv2d", "kernel of the input's size", (3, 2, 4, 5), (4, 2, 4, 5), 4, 40),
    case("conv1d", "plain", (2, 3, 8), (4, 3, 3), 4, 16),
    case("conv1d", "no batch", (3, 8), (4, 3, 3), 4, 9),
    case("conv1d", "stride, padding", (2, 3, 9), (4, 3, 2), 4, 16, stride=2, padding=3),
    case("conv1d", "dilation, groups", (2, 4, 9), (6, 2, 2), 6, 16, dilation=3, groups=2),
    case("conv1d", "same padding", (2, 1, 5), (3, 1, 4), None, 10, padding="same"),
    case("conv_transpose2d", "plain", (2, 3, 4, 3), (3, 2, 3, 2), 2, 24),
    case("conv_transpose2d", "no bias", (2, 3, 4, 3), (3, 2, 3, 2), None, 24),
    case("conv_transpose2d", "no batch", (3, 4, 3), (3, 2, 3, 2), 2, 18),
    case("conv_transpose2d", "no images", (0, 3, 4, 3), (3, 2, 3, 2), 2),
    case("conv_transpose2d", "stride", (1, 2, 3, 4), (2, 3, 3, 3), 3, 12, stride=2, padding=1),
    case(
        "conv_transpose2d",
        "every option",
        (2, 4, 3, 4),
        (4, 3, 2, 3),
        6,
        24,
        stride=(2, 3),
        padding=(1, 2),
        output_padding=(1, 2),
        groups=2,
        dilation=(3, 1),
    ),
    case("conv_transpose2d", "gaps", (1, 2, 3, 2), (2, 2, 1, 1), 2, 12, stride=3),
    case("conv_transpose2d", "depthwise", (1, 3, 3, 2), (3, 1, 3, 3), 3, 12, groups=3),
    case("conv_transpose1d", "plain", (2, 3, 5), (3, 2, 3), 2, 10),
    case("conv_transpose1d", "no batch", (3, 5), (3, 2, 3), 2, 10),
    case(
        "conv_transpose1d",
        "every option",
        (2, 4, 5),
        (4, 1, 3),
        2,
        12,
        stride=3,
        padding=2,
        output_padding=1,
        groups=2,
        dilation=2,
    ),
]
