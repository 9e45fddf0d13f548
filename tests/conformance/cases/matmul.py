"""The product of matrices."""

from tests.conformance.case import FLOAT32, Case, inputs, normal
from tests.oracle import matmul as oracle


def absent(generator):
    return None


def whole(low, high, *shape, dtype="int64"):
    return lambda generator: generator.integers(low, high, shape).astype(dtype)


SHAPES = {
    "odd": ((5, 7), (7, 3)),
    "one by one": ((1, 1), (1, 1)),
    "row by column": ((1, 9), (9, 1)),
    "column by row": ((4, 1), (1, 6)),
    "wide": ((2, 65), (65, 33)),
    "batch": ((3, 4, 5), (3, 5, 2)),
    "two batch axes": ((2, 3, 1, 4), (2, 3, 4, 5)),
    "batch of one": ((1, 2, 3), (1, 3, 2)),
    "no rows": ((0, 4), (4, 3)),
    "no columns": ((3, 4), (4, 0)),
    "no sum": ((3, 0), (0, 2)),
    "no batch": ((0, 2, 3), (0, 3, 2)),
}


def case(name, *makers, activation="none", reduction=1, **options):
    return Case(
        name,
        "matmul",
        inputs(*makers),
        oracle.matmul,
        {"activation": activation},
        reduction,
        **options,
    )


CASES = [
    case(name, normal(*a), normal(*b), absent, reduction=a[-1]) for name, (a, b) in SHAPES.items()
]
CASES += [
    case("bias", normal(5, 7), normal(7, 3), normal(3), reduction=8),
    case("bias and relu", normal(5, 7), normal(7, 3), normal(3), activation="relu", reduction=8),
    case("batch, relu", normal(2, 3, 4), normal(2, 4, 3), absent, activation="relu", reduction=4),
    case("no sum, bias", normal(3, 0), normal(0, 2), normal(2)),
    case("integers", whole(-9, 9, 3, 4), whole(-9, 9, 4, 2), whole(-9, 9, 2), dtypes=(FLOAT32,)),
    case(
        "integers that wrap around",
        whole(0, 255, 3, 40, dtype="uint8"),
        whole(0, 255, 40, 2, dtype="uint8"),
        absent,
        dtypes=(FLOAT32,),
    ),
]
