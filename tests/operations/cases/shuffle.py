"""Channels and pixels that change places."""

from dlcore.nn import functional
from tests.operations.case import Operation, normal


def case(title, name, shape, number):
    return Operation(
        f"{name}, {title}",
        lambda x: getattr(functional, name)(x, number),
        (normal(*shape),),
        lambda torch, x: getattr(torch.nn.functional, name)(x, number),
    )


CASES = [
    case("images", "pixel_shuffle", (2, 12, 3, 2), 2),
    case("one image", "pixel_shuffle", (9, 2, 1), 3),
    case("more axes", "pixel_shuffle", (2, 3, 4, 1, 2), 2),
    case("by 1", "pixel_shuffle", (1, 2, 3, 4), 1),
    case("images", "pixel_unshuffle", (2, 3, 4, 6), 2),
    case("one image", "pixel_unshuffle", (2, 3, 6), 3),
    case("more axes", "pixel_unshuffle", (2, 1, 2, 4, 2), 2),
    case("images", "channel_shuffle", (2, 6, 3, 2), 3),
    case("signals", "channel_shuffle", (2, 4, 3), 2),
]
