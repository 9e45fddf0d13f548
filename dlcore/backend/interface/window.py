"""Checks of windows that move over an image; each raises the error that the user reads."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.errors import OptionError, ShapeError
from dlcore.kernels.geometry import Padding, Pair, extent, output_size


def places_of(
    operation: str,
    axes: int,
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
) -> Pair:
    """How often a window fits an image, vertically and horizontally.

    Args:
        axes: how many axes users see, for what errors say: 1 for images that are rows.

    Raises:
        OptionError: a stride or dilation below 1, negative padding.
        ShapeError: the window is empty, or larger than the padded image.
    """
    require_steps(operation, axes, stride, padding, dilation)
    measures = list(zip(size, kernel, stride, padding, dilation, strict=True))
    fits = [k >= 1 and n + sum(pad) >= extent(k, gap) for n, k, _, pad, gap in measures]
    if not all(fits):
        shown = slice(-axes, None)
        padded = [n + sum(pad) for n, _, _, pad, _ in measures]
        needed = [extent(k, gap) for _, k, _, _, gap in measures]
        raise ShapeError(
            operation,
            expected=f"a kernel that fits the padded input of {times(padded[shown])}",
            received=f"a kernel of {times(kernel[shown])} that spans {times(needed[shown])} with "
            f"dilation={dilation[shown]}, for an input of {times(size[shown])}",
            remedy="add padding, or use a smaller kernel or a larger input",
        )
    vertical, horizontal = (output_size(*measure) for measure in measures)
    return vertical, horizontal


def require_steps(
    operation: str, axes: int, stride: Pair, padding: Padding, dilation: Pair
) -> None:
    """Refuse strides and dilations below 1, and negative padding."""
    amounts = [amount for amounts in padding[-axes:] for amount in amounts]
    for name, given, least in (
        ("stride", stride[-axes:], 1),
        ("padding", amounts, 0),
        ("dilation", dilation[-axes:], 1),
    ):
        if min(given) < least:
            raise OptionError(
                operation,
                expected=f"{name} of at least {least}",
                received=f"{name}={times(given)}",
                remedy=f"leave it out for {name}={least}",
            )


def times(size: Sequence[int]) -> str:
    """A size in words: "3 x 5"."""
    return " x ".join(map(str, size))
