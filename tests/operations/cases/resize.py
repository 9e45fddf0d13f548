"""Resizing in every mode."""

from dlcore.ops import resize as ops
from tests.operations.case import Operation, normal


def case(name, shape, **options):
    return Operation(
        f"interpolate {name}",
        lambda x: ops.interpolate(x, **options),
        (normal(*shape),),
        lambda torch, x: torch.nn.functional.interpolate(x, **options),
        16,
    )


CASES = [
    case("twice as large", (2, 3, 2, 3), scale_factor=2),
    case("to a size", (1, 2, 5, 3), size=(2, 7)),
    case("by unlike factors", (1, 2, 4, 3), scale_factor=(1.7, 0.6)),
    case("by a factor that leaves the size", (1, 2, 2, 3), scale_factor=1.3),
    case("by a factor that ends at twice the size", (1, 2, 2, 3), scale_factor=2.3),
    case("exact", (1, 2, 5, 3), size=(3, 7), mode="nearest-exact"),
    case("bilinear up", (2, 3, 2, 3), scale_factor=2, mode="bilinear"),
    case("bilinear down", (1, 2, 7, 5), size=3, mode="bilinear"),
    case("bilinear, aligned", (1, 2, 3, 4), size=(5, 1), mode="bilinear", align_corners=True),
    case("bilinear by factors", (1, 2, 4, 3), scale_factor=(1.7, 1.5), mode="bilinear"),
    case(
        "bilinear by sizes' ratio",
        (1, 2, 4, 3),
        scale_factor=1.7,
        mode="bilinear",
        recompute_scale_factor=True,
    ),
    case("bilinear of one pixel", (1, 2, 1, 1), size=(2, 3), mode="bilinear"),
    case("linear", (2, 3, 4), scale_factor=1.5, mode="linear"),
    case("linear, aligned", (2, 3, 4), size=7, mode="linear", align_corners=True),
    case("of signals", (2, 3, 4), size=6),
    case("by area", (1, 2, 5, 6), size=(2, 3), mode="area"),
    case("signals by area", (1, 2, 5), size=2, mode="area"),
    Operation(
        "upsample",
        lambda x: ops.upsample(x, scale_factor=2),
        (normal(1, 2, 2, 3),),
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2),
    ),
    case("of nothing", (0, 2, 2, 2), size=3),
]
