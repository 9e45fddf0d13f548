"""Affine maps."""

from dlcore.ops import linear as ops
from tests.operations.case import Operation, normal

LINEAR = {
    "a batch": (normal(4, 5), normal(3, 5), normal(3)),
    "without bias": (normal(4, 5), normal(3, 5)),
    "one sample": (normal(5), normal(3, 5), normal(3)),
    "two leading axes": (normal(2, 3, 5), normal(4, 5), normal(4)),
    "one feature": (normal(2, 1), normal(1, 1), normal(1)),
    "an empty batch": (normal(0, 5), normal(3, 5), normal(3)),
    "no features": (normal(2, 0), normal(3, 0), normal(3)),
}
BILINEAR = {
    "a batch": (normal(4, 2), normal(4, 3), normal(5, 2, 3), normal(5)),
    "without bias": (normal(4, 2), normal(4, 3), normal(5, 2, 3)),
    "one sample": (normal(2), normal(3), normal(1, 2, 3), normal(1)),
    "two leading axes": (normal(2, 1, 2), normal(2, 1, 3), normal(4, 2, 3), normal(4)),
}

CASES = [
    Operation(
        f"linear, {name}",
        ops.linear,
        inputs,
        lambda torch, *tensors: torch.nn.functional.linear(*tensors),
        6,
    )
    for name, inputs in LINEAR.items()
] + [
    Operation(
        f"bilinear, {name}",
        ops.bilinear,
        inputs,
        lambda torch, *tensors: torch.nn.functional.bilinear(*tensors),
        7,
    )
    for name, inputs in BILINEAR.items()
]
