"""Random bits and what is made of them: exact, as no rounding is involved."""

import numpy as np

from tests.conformance.case import FLOAT32, FLOATS, Case, inputs, normal
from tests.oracle import random as oracle

KEY = (0xA4093822, 0x299F31D0)


def clock(step, row):
    return inputs(lambda generator: np.array([step, row], np.uint32))


def flags(*shape):
    return lambda generator: generator.random(shape) < 0.5


PLACES = {
    "matrix": ((3, 7), (0, 1), clock(0, 0)),
    "channels last": ((2, 3, 2, 3), (0, 2, 3, 1), clock(5, 2)),
    "columns": ((5, 2), (1, 0), clock(1, 0)),
    "one axis": ((6,), (0,), clock(2**32 - 1, 8)),
    "rows wrap around": ((4, 1), (0, 1), clock(0, 2**32 - 2)),
    "no axes": ((), (), clock(3, 1)),
    "no rows": ((0, 4), (0, 1), clock(0, 0)),
    "empty rows": ((3, 0), (0, 1), clock(0, 0)),
    "several blocks": ((2, 40000), (0, 1), clock(0, 0)),
}

CASES = [
    Case(
        name,
        "random_bits",
        clock_of,
        oracle.random_bits,
        {"shape": shape, "order": order, "key": KEY, "call": 7},
        dtypes=(FLOAT32,),  # nothing that comes in is a float
    )
    for name, (shape, order, clock_of) in PLACES.items()
]
CASES += [
    Case(
        f"{name} of {dtype.name}",
        "uniform",
        clock_of,
        oracle.uniform,
        {"shape": shape, "order": order, "dtype": dtype, "key": KEY, "call": 0},
        dtypes=(FLOAT32,),
    )
    for name, (shape, order, clock_of) in PLACES.items()
    if name != "several blocks"
    for dtype in FLOATS
]
CASES += [
    Case(
        f"{name}, threshold {threshold}",
        "bernoulli",
        clock_of,
        oracle.bernoulli,
        {"shape": shape, "order": order, "key": KEY, "call": 1, "threshold": threshold},
        dtypes=(FLOAT32,),
    )
    for name, (shape, order, clock_of) in PLACES.items()
    if name != "several blocks"
    for threshold in (0, 2**31, 2**32)
]
CASES += [
    Case(
        name,
        "masked_scale",
        inputs(normal(*shape), flags(*shape)),
        oracle.masked_scale,
        {"scale": scale},
    )
    for name, shape, scale in [
        ("matrix", (3, 5), 1 / 0.7),
        ("images", (2, 3, 4, 2), 2.0),
        ("one element", (1,), 0.0),
        ("nothing", (0, 3), 2.0),
    ]
]
