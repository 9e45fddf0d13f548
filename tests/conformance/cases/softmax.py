"""Softmax and its logarithm."""

from tests.conformance.case import Case, inputs, normal
from tests.oracle import softmax as oracle

SHAPES = {"matrix": ((5, 7), 1), "first axis": ((3, 4), 0), "middle of four": ((2, 5, 3, 2), 1)}
SHAPES |= {"one class": ((3, 1), -1), "no rows": ((0, 4), 1)}

CASES = [
    Case(name, primitive, inputs(normal(*shape)), oracle_of, {"axis": axis}, shape[axis])
    for name, (shape, axis) in SHAPES.items()
    for primitive, oracle_of in {
        "softmax": oracle.softmax,
        "log_softmax": oracle.log_softmax,
    }.items()
] + [
    Case(
        name,
        primitive,
        inputs(normal(*shape), normal(*shape)),
        oracle_of,
        {"axis": axis},
        shape[axis],
    )
    for name, (shape, axis) in SHAPES.items()
    for primitive, oracle_of in {
        "softmax_gradient": oracle.softmax_gradient,
        "log_softmax_gradient": oracle.log_softmax_gradient,
    }.items()
]
