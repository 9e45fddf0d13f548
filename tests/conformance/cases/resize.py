"""Resizing: up, down, each mode."""

from tests.conformance.case import Case, inputs, normal
from tests.oracle import resize as oracle

SIZES = {
    "twice as large": ((2, 3, 2, 3), (4, 6), (None, None)),
    "half as large": ((1, 2, 4, 6), (2, 3), (None, None)),
    "unlike axes": ((1, 2, 3, 5), (7, 2), (None, None)),
    "the same": ((1, 2, 3, 2), (3, 2), (None, None)),
    "one pixel": ((1, 2, 1, 1), (3, 1), (None, None)),
    "to one pixel": ((2, 1, 4, 3), (1, 1), (None, None)),
    "a factor between": ((1, 2, 4, 3), (6, 4), (1.7, 1.5)),
    "no images": ((0, 2, 2, 2), (3, 3), (None, None)),
}
MODES = {
    "nearest": ("nearest", False),
    "nearest-exact": ("nearest-exact", False),
    "linear": ("linear", False),
    "linear, aligned": ("linear", True),
}


def cases():
    for name, (shape, size, scale) in SIZES.items():
        for note, (mode, align_corners) in MODES.items():
            attributes = {"mode": mode, "align_corners": align_corners, "scale": scale}
            yield Case(
                f"{note}, {name}",
                "resize",
                inputs(normal(*shape)),
                oracle.resize,
                {**attributes, "size": size},
                4,
            )
            yield Case(
                f"{note}, {name}",
                "resize_gradient",
                inputs(normal(*shape[:2], *size)),
                oracle.resize_gradient,
                {**attributes, "shape": shape},
                16,
            )


CASES = [*cases()]
