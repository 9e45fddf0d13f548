"""Softmax and its logarithm."""

from dlcore.ops import softmax as ops
from tests.operations.case import Operation, normal

CASES = [
    Operation(
        "softmax of rows",
        lambda x: ops.softmax(x, dim=-1),
        (normal(3, 5),),
        lambda torch, x: torch.softmax(x, dim=-1),
        5,
    ),
    Operation(
        "softmax over channels",
        lambda x: ops.softmax(x, dim=1),
        (normal(2, 3, 1, 4),),
        lambda torch, x: torch.softmax(x, dim=1),
        3,
    ),
    Operation(
        "softmax of nothing",
        lambda x: ops.softmax(x, dim=1),
        (normal(0, 3),),
        lambda torch, x: torch.softmax(x, dim=1),
    ),
    Operation(
        "softmax in float64",
        lambda x: ops.softmax(x, 0, dtype="float64"),
        (normal(3, 5),),
        lambda torch, x: torch.softmax(x, 0, dtype=torch.float64),
        3,
    ),
    Operation(
        "log_softmax in float64",
        lambda x: ops.log_softmax(x, 0, dtype="float64"),
        (normal(3, 5),),
        lambda torch, x: torch.log_softmax(x, 0, dtype=torch.float64),
        3,
    ),
    Operation(
        "softmin",
        lambda x: ops.softmin(x, 1),
        (normal(3, 5),),
        lambda torch, x: torch.nn.functional.softmin(x, 1),
        5,
    ),
    Operation(
        "log_softmax of rows",
        lambda x: ops.log_softmax(x, dim=-1),
        (normal(3, 5),),
        lambda torch, x: torch.log_softmax(x, dim=-1),
        5,
    ),
]
