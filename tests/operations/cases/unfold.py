"""Windows of an image as columns, and back."""

from dlcore.ops import unfold as ops
from tests.operations.case import Operation, normal


def unfold(text, x, **options):
    return Operation(
        f"unfold, {text}",
        lambda t: ops.unfold(t, **options),
        (normal(*x),),
        lambda torch, t: torch.nn.functional.unfold(t, **options),
        9,
    )


def fold(text, x, **options):
    return Operation(
        f"fold, {text}",
        lambda t: ops.fold(t, **options),
        (normal(*x),),
        lambda torch, t: torch.nn.functional.fold(t, **options),
        9,
    )


CASES = [
    unfold("square kernel", (2, 3, 4, 5), kernel_size=3),
    unfold("no batch", (3, 4, 5), kernel_size=(2, 3)),
    unfold("every option", (1, 2, 7, 8), kernel_size=(3, 2), dilation=2, padding=(1, 2), stride=3),
    unfold("a pixel", (2, 3, 1, 1), kernel_size=3, padding=1),
    unfold("no images", (0, 3, 4, 4), kernel_size=2),
    fold("overlaps", (2, 18, 9), output_size=(4, 5), kernel_size=(2, 3)),
    fold("no batch", (8, 9), output_size=4, kernel_size=2),
    fold(
        "every option",
        (1, 12, 9),
        output_size=(7, 8),
        kernel_size=(3, 2),
        dilation=2,
        padding=(1, 2),
        stride=(2, 4),
    ),
]
