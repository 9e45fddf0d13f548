"""Sizes of windows and outputs along one axis: integers only, shared by all devices.

A window of `kernel` elements, `dilation` apart, moves in steps of `stride` over an axis of `size`
elements with `padding` = (before, after) more on either side:

    size 7, kernel 3, stride 2, padding (1, 1):  . 0 1 2 3 4 5 6 .
                                                 [0]1[2]            4 windows
"""

from __future__ import annotations

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
"""((top, bottom), (left, right))"""


def extent(kernel: int, dilation: int = 1) -> int:
    """How many elements a window spans, the ones it skips included.

    >>> extent(3), extent(3, dilation=2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: Pair = (0, 0),
    dilation: int = 1,
    ceil: bool = False,
) -> int:
    """How many windows fit; 0 or less if none does.

    With `ceil` a last window may reach over the end, but must begin inside the axis or the padding
    before it.

    >>> output_size(7, kernel=3, stride=2, padding=(1, 1)), output_size(8, 3, 2, ceil=True)
    (4, 4)
    """
    room = size + sum(padding) - extent(kernel, dilation)
    if not ceil:
        return room // stride + 1
    windows = -(-room // stride) + 1
    begins_inside = (windows - 1) * stride < size + padding[0]
    return windows if begins_inside else windows - 1


def same_padding(kernel: int, dilation: int = 1) -> Pair:
    """The padding with which a stride of 1 keeps the size; an odd one out goes behind.

    >>> same_padding(3), same_padding(4)
    ((1, 1), (1, 2))
    """
    total = extent(kernel, dilation) - 1
    return total // 2, total - total // 2


def transposed_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: Pair = (0, 0),
    dilation: int = 1,
    extra: int = 0,
) -> int:
    """The axis whose windows, `size` in number, cover it: the smallest, and `extra` more behind.

    >>> transposed_size(4, kernel=3, stride=2, padding=(1, 1))
    7
    """
    return (size - 1) * stride + extent(kernel, dilation) - sum(padding) + extra


def touching(
    size: int, windows: int, offset: int, stride: int = 1, before: int = 0
) -> tuple[slice, slice]:
    """Which windows have their element at `offset` inside the axis, and where it lies there.

    Args:
        size: of the axis.
        windows: how many there are.
        offset: of the element within a window, skipped ones counted.
        stride: from one window to the next.
        before: padding before the axis.

    >>> touching(size=7, windows=4, offset=0, stride=2, before=1)
    (slice(1, 4, None), slice(1, 6, 2))
    """
    first = max(0, -((offset - before) // stride))
    last = min(windows - 1, (size - 1 + before - offset) // stride)
    if last < first:
        return slice(0, 0), slice(0, 0, stride)
    begin = first * stride + offset - before
    return slice(first, last + 1), slice(begin, (last - first) * stride + begin + 1, stride)


def windows(size: int, count: int, kernel: int, stride: int, before: int = 0) -> list[Pair]:
    """Where each of `count` windows without gaps begins and ends, cut off at the axis' ends.

    >>> windows(size=5, count=3, kernel=3, stride=2, before=1)
    [(0, 2), (1, 4), (3, 5)]
    """
    begins = [place * stride - before for place in range(count)]
    return [(max(begin, 0), min(begin + kernel, size)) for begin in begins]


def bins(size: int, count: int) -> list[Pair]:
    """Where each of `count` nearly equal windows that cover an axis begins and ends.

    They overlap by one element where `count` does not divide `size`.

    >>> bins(size=5, count=2), bins(size=6, count=3)
    ([(0, 3), (2, 5)], [(0, 2), (2, 4), (4, 6)])
    """
    return [(place * size // count, -(-(place + 1) * size // count)) for place in range(count)]
