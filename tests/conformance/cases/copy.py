"""Conversions between dtypes and layouts."""

import numpy as np

from tests.conformance.case import FLOATS, Case, inputs, normal
from tests.oracle import copy as oracle

INT64, BOOL = np.dtype(np.int64), np.dtype(np.bool_)


def whole(*shape):
    return lambda generator: generator.integers(-5, 6, shape).astype(np.float64)


CASES = [
    *(
        Case(
            f"to {dtype.name}, channels last",
            "copy",
            inputs(normal(2, 3, 4, 5)),
            oracle.copy,
            {"dtype": dtype, "order": (0, 2, 3, 1)},
        )
        for dtype in FLOATS
    ),
    *(
        Case(
            f"to {dtype.name}",
            "copy",
            inputs(whole(3, 4)),
            oracle.copy,
            {"dtype": dtype, "order": (1, 0)},
            nonfinite=False,  # what an integer makes of NaN is unspecified
        )
        for dtype in (INT64, BOOL)
    ),
    Case(
        "nothing", "copy", inputs(normal(0, 3)), oracle.copy, {"dtype": FLOATS[1], "order": (0, 1)}
    ),
    *(
        Case(
            f"of {shape}",
            "fill",
            inputs(),
            oracle.fill,
            {"shape": shape, "dtype": FLOATS[1], "order": tuple(range(len(shape))), "value": 1.5},
            dtypes=FLOATS[1:2],
            nonfinite=False,
        )
        for shape in ((), (2, 3), (0,))
    ),
]
