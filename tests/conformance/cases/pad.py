"""Padding: every mode at one end, at both, and cutting."""

import numpy as np

from tests.conformance.case import FLOAT64, Case, inputs, normal
from tests.oracle import pad as oracle

PADDINGS = {
    "nothing": ((2, 3), ((0, 0), (0, 0))),
    "one end": ((2, 4), ((0, 0), (2, 0))),
    "every axis": ((2, 3, 4, 5), ((1, 0), (0, 1), (2, 1), (1, 3))),
    "as much as reflects": ((4, 3), ((3, 3), (2, 2))),
    "cut and padded": ((5, 4), ((-1, 2), (1, -2))),
    "cut": ((5, 4), ((-1, -1), (-3, 0))),
    "no rows": ((0, 3), ((0, 0), (1, 1))),
}
ONLY = {
    "constant": {"all cut off": ((2, 5), ((0, 0), (-2, -3))), "of nothing": ((0,), ((1, 2),))},
    "replicate": {"one element": ((1, 1), ((3, 2), (0, 4)))},
    "circular": {"a whole turn": ((3,), ((3, 3),))},
    "reflect": {},
}


def cases():
    for mode, own in ONLY.items():
        for name, (shape, padding) in (PADDINGS | own).items():
            padded = [n + before + after for n, (before, after) in zip(shape, padding, strict=True)]
            attributes = {"padding": padding, "mode": mode}
            if not (mode == "replicate" and 0 in shape):
                yield Case(
                    f"{mode}, {name}",
                    "pad",
                    inputs(normal(*shape)),
                    oracle.pad,
                    {**attributes, "value": 1.5},
                )
                yield Case(
                    f"{mode}, {name}",
                    "pad_gradient",
                    inputs(normal(*padded)),
                    oracle.pad_gradient,
                    {**attributes, "shape": shape},
                    16,
                )
    shape, padding = PADDINGS["cut and padded"]
    for dtype, value in ((np.int32, 7), (np.uint8, 7), (np.bool_, True)):
        yield Case(
            f"{dtype.__name__} values",
            "pad",
            inputs(lambda generator, dtype=dtype: generator.integers(0, 2, shape).astype(dtype)),
            oracle.pad,
            {"padding": padding, "mode": "constant", "value": value},
            dtypes=(FLOAT64,),
        )
    yield Case(
        "padded with -Inf",
        "pad",
        inputs(normal(2, 3)),
        oracle.pad,
        {"padding": ((0, 0), (1, 1)), "mode": "constant", "value": -np.inf},
    )


CASES = [*cases()]
