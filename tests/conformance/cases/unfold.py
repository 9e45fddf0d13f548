"""Windows as columns, and back."""

from tests.conformance.case import Case, inputs, normal
from tests.oracle import unfold as oracle
from tests.oracle.conv import places


def configuration(x, kernel, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1)):
    """The shape of an image, and the keywords that both primitives share."""
    return x, {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


CONFIGURATIONS = {
    "plain": configuration((2, 3, 4, 5), (2, 3)),
    "stride": configuration((1, 2, 7, 8), (3, 2), stride=(2, 3)),
    "gaps between windows": configuration((1, 2, 7, 7), (2, 1), stride=(3, 2)),
    "uneven padding": configuration((2, 1, 3, 4), (3, 3), padding=((0, 2), (3, 1))),
    "dilation": configuration((1, 2, 6, 7), (2, 3), dilation=(3, 2), padding=((1, 1), (1, 1))),
    "everything": configuration((2, 2, 8, 7), (3, 2), (2, 3), ((1, 2), (0, 1)), (2, 3)),
    "1x1": configuration((2, 3, 3, 2), (1, 1)),
    "kernel as large as the input": configuration((2, 3, 3, 2), (3, 2)),
    "no images": configuration((0, 3, 4, 4), (2, 2)),
}

CASES = []
for name, (x, keywords) in CONFIGURATIONS.items():
    kernel = keywords["kernel"]
    taps = kernel[0] * kernel[1]
    rows, columns = places(x[2:], **keywords)
    y = (x[0], x[1] * taps, rows * columns)
    CASES += [
        Case(name, "unfold", inputs(normal(*x)), oracle.unfold, keywords),
        Case(name, "fold", inputs(normal(*y)), oracle.fold, keywords | {"size": x[2:]}, taps),
    ]
