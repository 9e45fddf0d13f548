"""Convolution and its gradients."""

from tests.conformance.case import Case, inputs, normal
from tests.oracle import conv as oracle

NONE = ((0, 0), (0, 0))


def configuration(x, weight, stride=(1, 1), padding=NONE, dilation=(1, 1), groups=1):
    """Shapes of input and weight, and the keywords that all three primitives share."""
    return (
        x,
        weight,
        {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        },
    )


CONFIGURATIONS = {
    "plain": configuration((2, 3, 5, 6), (4, 3, 3, 3)),
    "one channel": configuration((2, 1, 6, 5), (3, 1, 3, 3), padding=((1, 1), (1, 1))),
    "stride": configuration((2, 2, 7, 8), (3, 2, 3, 2), stride=(2, 3), padding=((1, 1), (0, 0))),
    "rest of the stride": configuration((1, 2, 8, 6), (2, 2, 3, 3), stride=(3, 2)),
    "uneven padding": configuration((2, 2, 4, 5), (3, 2, 3, 4), padding=((0, 2), (3, 1))),
    "padding as large as the kernel": configuration(
        (1, 2, 2, 3), (2, 2, 2, 2), padding=((2, 3), (2, 2))
    ),
    "dilation": configuration(
        (1, 2, 7, 8), (3, 2, 3, 2), dilation=(2, 3), padding=((2, 2), (1, 1))
    ),
    "stride and dilation": configuration(
        (1, 2, 9, 8), (2, 2, 2, 3), stride=(2, 3), dilation=(3, 2), padding=((1, 0), (2, 1))
    ),
    "groups": configuration((2, 4, 5, 4), (6, 2, 3, 3), groups=2, padding=((1, 1), (1, 1))),
    "wide groups": configuration((1, 10, 4, 4), (4, 5, 2, 2), groups=2),
    "depthwise": configuration((2, 4, 5, 5), (4, 1, 3, 3), groups=4, padding=((1, 1), (1, 1))),
    "depthwise, two for each": configuration((1, 3, 4, 5), (6, 1, 2, 3), groups=3, stride=(2, 1)),
    "1x1": configuration((2, 5, 3, 4), (3, 5, 1, 1)),
    "1x1, stride": configuration((2, 5, 5, 4), (3, 5, 1, 1), stride=(2, 2)),
    "1x1, groups": configuration((2, 6, 3, 2), (4, 3, 1, 1), groups=2),
    "kernel as large as the input": configuration((3, 2, 4, 5), (4, 2, 4, 5)),
    "a row": configuration((2, 3, 1, 9), (4, 3, 1, 4), stride=(1, 2)),
    "a single pixel": configuration((2, 3, 1, 1), (2, 3, 3, 3), padding=((1, 1), (1, 1))),
    "one of everything": configuration((1, 1, 1, 1), (1, 1, 1, 1)),
    "no images": configuration((0, 3, 5, 5), (2, 3, 3, 3)),
}
# Where a window has zeros beside data, NaN may spread: padding multiplies zeros by the weights, and
# fast algorithms transform whole tiles. A 1x1 kernel has neither.
EXACT = {"1x1", "1x1, groups", "one of everything"}


def cases(name, x, weight, keywords):
    """All three primitives on one configuration."""
    outputs, channels, *kernel = weight
    steps = [keywords[key] for key in ("stride", "padding", "dilation")]
    places = oracle.places(x[2:], kernel, *steps)
    y = (x[0], outputs, *places)
    taps, pixels = kernel[0] * kernel[1], x[0] * places[0] * places[1]
    common = {"nonfinite": name in EXACT}
    return [
        Case(
            name,
            "conv2d",
            inputs(normal(*x), normal(*weight), normal(outputs)),
            oracle.conv2d,
            keywords,
            channels * taps + 1,
            **common,
        ),
        Case(
            name + ", without bias",
            "conv2d",
            inputs(normal(*x), normal(*weight), lambda generator: None),
            oracle.conv2d,
            keywords,
            channels * taps,
            **common,
        ),
        Case(
            name,
            "conv2d_input_gradient",
            inputs(normal(*y), normal(*weight)),
            oracle.conv2d_input_gradient,
            keywords | {"size": x[2:]},
            outputs * taps,
            **common,
        ),
        Case(
            name,
            "conv2d_weight_gradient",
            inputs(normal(*x), normal(*y)),
            oracle.conv2d_weight_gradient,
            keywords | {"kernel": tuple(kernel)},
            pixels,
            **common,
        ),
    ]


CASES = [
    case
    for name, (x, weight, keywords) in CONFIGURATIONS.items()
    for case in cases(name, x, weight, keywords)
]
