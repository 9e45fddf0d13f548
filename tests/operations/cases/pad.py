"""Padding in every mode."""

from dlcore.ops import pad as ops
from tests.operations.case import Operation, normal


def case(name, shape, *arguments):
    return Operation(
        f"pad {name}",
        lambda x: ops.pad(x, *arguments),
        (normal(*shape),),
        lambda torch, x: torch.nn.functional.pad(x, *arguments),
        9,
    )


CASES = [
    case("with zeros", (2, 3), (1, 2)),
    case("with a number", (2, 3, 4), (1, 0, 2, 1), "constant", -1.5),
    case("every axis", (1, 2, 3, 2), (1, 2, 0, 1, 1, 0, 2, 0)),
    case("cuts", (2, 3, 5), (-1, -2, 2, -1)),
    case("of nothing", (0, 2), (1, 1)),
    *(
        operation
        for mode in ("reflect", "replicate", "circular")
        for operation in (
            case(f"{mode} of images", (2, 3, 4, 5), (1, 2, 3, 0), mode),
            case(f"{mode} of rows", (2, 3, 5), (2, 1), mode),
            case(f"{mode} cuts", (1, 2, 5, 4), (2, -1, -1, 2), mode),
        )
    ),
]
