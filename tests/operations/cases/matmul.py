"""Products of vectors and matrices."""

from dlcore.ops import matmul as ops
from tests.operations.case import Operation, normal

PAIRS = {
    "matrix matrix": ((3, 5), (5, 2)),
    "vector vector": ((4,), (4,)),
    "vector matrix": ((4,), (4, 3)),
    "matrix vector": ((3, 4), (4,)),
    "vector batch": ((4,), (2, 4, 3)),
    "batch vector": ((2, 3, 4), (4,)),
    "batch matrix": ((2, 3, 4), (4, 5)),
    "deep batch matrix": ((2, 1, 3, 4), (4, 5)),
    "matrix batch": ((3, 4), (2, 4, 5)),
    "batch batch": ((2, 3, 4), (2, 4, 5)),
    "batches that broadcast": ((3, 1, 2, 4), (2, 4, 1)),
    "batch of one": ((1, 3, 4), (2, 4, 5)),
    "one element": ((1, 1), (1, 1)),
    "nothing to sum": ((3, 0), (0, 2)),
    "no rows": ((0, 4), (4, 2)),
    "no batch": ((0, 3, 4), (4, 2)),
}

CASES = [
    Operation(
        f"matmul, {name}",
        ops.matmul,
        (normal(*a), normal(*b)),
        lambda torch, a, b: torch.matmul(a, b),
        max(*a, *b),
    )
    for name, (a, b) in PAIRS.items()
]
CASES += [
    Operation(
        "matmul of a tensor with itself, transposed memory",
        lambda x: x @ x,
        (normal(3, 3),),
        lambda torch, x: x @ x,
        3,
    ),
    Operation(
        "mm",
        ops.mm,
        (normal(3, 5), normal(5, 2)),
        lambda torch, a, b: torch.mm(a, b),
        5,
    ),
    Operation("mv", ops.mv, (normal(3, 5), normal(5)), lambda torch, a, b: torch.mv(a, b), 5),
    Operation(
        "bmm",
        ops.bmm,
        (normal(2, 3, 5), normal(2, 5, 1)),
        lambda torch, a, b: torch.bmm(a, b),
        5,
    ),
    Operation("dot", ops.dot, (normal(5), normal(5)), lambda torch, a, b: torch.dot(a, b), 5),
    Operation("outer", ops.outer, (normal(3), normal(5)), lambda torch, a, b: torch.outer(a, b), 5),
    Operation(
        "addmm",
        ops.addmm,
        (normal(3), normal(2, 5), normal(5, 3)),
        lambda torch, x, a, b: torch.addmm(x, a, b),
        5,
    ),
    Operation(
        "addmm, scaled",
        lambda x, a, b: ops.addmm(x, a, b, beta=0.5, alpha=-2),
        (normal(2, 1), normal(2, 5), normal(5, 3)),
        lambda torch, x, a, b: torch.addmm(x, a, b, beta=0.5, alpha=-2),
        10,
    ),
    Operation(
        "baddbmm, scaled",
        lambda x, a, b: ops.baddbmm(x, a, b, beta=3, alpha=0.5),
        (normal(2, 3), normal(4, 2, 5), normal(4, 5, 3)),
        lambda torch, x, a, b: torch.baddbmm(x, a, b, beta=3, alpha=0.5),
        10,
    ),
]
