"""Arrays joined along an axis."""

import numpy as np

from tests.conformance.case import FLOAT32, Case, inputs, normal
from tests.oracle import join as oracle


def images(*shape):
    """An input whose memory is channels last."""
    n, c, h, w = shape
    return lambda generator: generator.standard_normal((n, h, w, c)).transpose(0, 3, 1, 2)


CASES = [
    Case(name, "concatenate", inputs(*makers), oracle.concatenate, {"axis": axis})
    for name, makers, axis in [
        ("rows", (normal(2, 3), normal(1, 3), normal(4, 3)), 0),
        ("columns", (normal(2, 3), normal(2, 1)), -1),
        ("one array", (normal(2, 3),), 1),
        ("an empty one", (normal(2, 3), normal(0, 3)), 0),
        ("nothing", (normal(0, 3), normal(0, 3)), 1),
        ("channels of images", (images(2, 3, 4, 5), images(2, 2, 4, 5)), 1),
        ("images and a plain one", (images(2, 3, 4, 5), normal(1, 3, 4, 5)), 0),
        ("images of one channel", (images(2, 1, 4, 5), images(2, 3, 4, 5)), 1),
    ]
] + [
    Case(
        "integers",
        "concatenate",
        inputs(lambda g: g.integers(0, 9, (2, 3)), lambda g: g.integers(0, 9, (2, 1))),
        oracle.concatenate,
        {"axis": 1},
        dtypes=(FLOAT32,),
    ),
    Case(
        "flags",
        "concatenate",
        inputs(lambda g: np.array([True, False]), lambda g: np.array([False])),
        oracle.concatenate,
        {"axis": 0},
        dtypes=(FLOAT32,),
    ),
]
