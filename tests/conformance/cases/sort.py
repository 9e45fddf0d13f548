"""Sorting, with elements that are equal."""

from tests.conformance.case import FLOAT32, Case, inputs, normal
from tests.oracle import sort as oracle


def repeated(*shape):
    """Floats among which many are equal."""
    return lambda generator: generator.integers(-2, 3, shape).astype(float)


CASES = [
    Case(
        f"{name}, {'descending' if descending else 'ascending'}",
        "sort",
        inputs(maker),
        oracle.sort,
        {"axis": axis, "descending": descending},
        dtypes=dtypes,
    )
    for descending in (False, True)
    for name, maker, axis, dtypes in [
        ("matrix", normal(3, 7), -1, Case.dtypes),
        ("first axis", normal(5, 2), 0, Case.dtypes),
        ("equal elements", repeated(2, 20), 1, Case.dtypes),
        ("one element", normal(3, 1), 1, Case.dtypes),
        ("without axes", normal(), 0, Case.dtypes),
        ("nothing", normal(0, 3), 0, Case.dtypes),
        ("integers", lambda g: g.integers(-3, 3, (4, 6)), 1, (FLOAT32,)),
        ("flags", lambda g: g.random((4, 6)) < 0.5, 0, (FLOAT32,)),
    ]
]
