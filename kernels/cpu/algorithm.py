"""Which algorithm a convolution takes: Winograd's where it can, the direct one everywhere else.

Winograd's F(4x4, 3x3) needs 36 products where the direct algorithm needs 144, and wins from few
channels on; its transforms cost some ten times the rounding error of plain sums. With `forced` one
of them is taken throughout, as far as it can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from dlcore.kernels.cpu.winograd import suits, tile_for
from dlcore.kernels.geometry import Padding, Pair

ALGORITHMS = {"direct": 0, "winograd2": 2, "winograd4": 4}
"""Sides of the tiles, 0 for none."""

_forced: ContextVar[str | None] = ContextVar("algorithm", default=None)


@contextmanager
def forced(algorithm: str | None) -> Iterator[None]:
    """Take one of `ALGORITHMS` inside the block, where the geometry allows it; None to choose."""
    if algorithm not in (None, *ALGORITHMS):
        raise ValueError(f"forced: expected one of {', '.join(ALGORITHMS)}, received {algorithm!r}")
    token = _forced.set(algorithm)
    try:
        yield
    finally:
        _forced.reset(token)


def tile(
    images: int,
    size: Pair,
    channels: int,
    outputs: int,
    kernel: Pair,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> int:
    """The side of Winograd's tiles, or 0 for the direct algorithm.

    Args:
        size: of the output.
    """
    if not suits(kernel, stride=stride, padding=padding, dilation=dilation, groups=groups):
        return 0
    algorithm = _forced.get()
    if algorithm is not None:
        return ALGORITHMS[algorithm]
    return tile_for(images, size, channels, outputs)
