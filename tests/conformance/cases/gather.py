"""Picking and putting by index."""

import numpy as np

from tests.conformance.case import FLOAT32, Case, inputs, normal
from tests.oracle import gather as oracle


def indices(length, *shape, dtype=np.int64, low=0):
    return lambda generator: generator.integers(low, length, shape).astype(dtype)


def whole(*shape):
    return lambda generator: generator.integers(-9, 9, shape)


def flags(*shape):
    return lambda generator: generator.random(shape) < 0.5


CASES = [
    Case(
        name,
        "flat_index",
        inputs(*[indices(n, *shape, low=-n) for n in lengths]),
        oracle.flat_index,
        {"lengths": lengths, "axes": tuple(range(len(lengths)))},
        dtypes=(FLOAT32,),  # nothing that comes in is a float
    )
    for name, shape, lengths in [
        ("one axis", (3, 4), (5,)),
        ("three axes", (2, 3, 2), (4, 1, 7)),
        ("no axes of its own", (), (3, 2)),
        ("nothing", (0, 2), (3,)),
    ]
]

# x's shape, the index's shape, axis
TAKES = {
    "rows of a matrix": ((5, 3), (7,), 0),
    "last axis": ((2, 3, 4), (3,), -1),
    "a table of rows": ((6, 3), (2, 4), 0),
    "one row": ((4, 3), (), 0),
    "between": ((2, 5, 3), (2, 2), 1),
    "nothing": ((3, 2), (0,), 1),
    "of images": ((2, 4, 3, 2), (5,), 1),
}
for name, (shape, wanted, axis) in TAKES.items():
    place = axis % len(shape)
    taken = (*shape[:place], *wanted, *shape[place + 1 :])
    length = shape[place]
    CASES += [
        Case(
            name,
            "take",
            inputs(normal(*shape), indices(length, *wanted)),
            oracle.take,
            {"axis": axis},
        ),
        *[
            Case(
                f"{name}, {reduce}",
                "put",
                inputs(normal(*shape), indices(length, *wanted), normal(*taken)),
                oracle.put,
                {"axis": axis, "reduce": reduce},
                reduction=8,
            )
            for reduce in ("set", "add")
        ],
    ]

# x's shape, the index's shape, axis
GATHERS = {
    "rows": ((4, 3), (6, 3), 0),
    "last axis": ((2, 3, 4), (2, 3, 1), -1),
    "shorter elsewhere": ((4, 5, 3), (2, 7, 2), 1),
    "a vector": ((5,), (9,), 0),
    "nothing": ((3, 2), (0, 2), 0),
}
for name, (shape, wanted, axis) in GATHERS.items():
    length = shape[axis]
    CASES += [
        Case(
            name,
            "gather",
            inputs(normal(*shape), indices(length, *wanted)),
            oracle.gather,
            {"axis": axis},
        ),
        *[
            Case(
                f"{name}, {reduce}",
                "scatter",
                inputs(normal(*shape), indices(length, *wanted), normal(*wanted)),
                oracle.scatter,
                {"axis": axis, "reduce": reduce},
                reduction=9,
            )
            for reduce in ("set", "add")
        ],
    ]

CASES += [
    Case(
        "int32 indices",
        "take",
        inputs(normal(4, 2), indices(4, 3, dtype=np.int32)),
        oracle.take,
        {"axis": 0},
    ),
    Case(
        "integers",
        "put",
        inputs(whole(3, 2), indices(3, 5), whole(5, 2)),
        oracle.put,
        {"axis": 0, "reduce": "add"},
        dtypes=(FLOAT32,),
    ),
    Case(
        "flags",
        "scatter",
        inputs(flags(3, 2), indices(3, 2, 2), flags(2, 2)),
        oracle.scatter,
        {"axis": 0, "reduce": "set"},
        dtypes=(FLOAT32,),
    ),
    Case(
        "flags",
        "gather",
        inputs(flags(3, 2), indices(3, 2, 2)),
        oracle.gather,
        {"axis": 0},
        dtypes=(FLOAT32,),
    ),
]
