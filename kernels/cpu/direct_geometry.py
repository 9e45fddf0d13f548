"""Which numbers of an image a convolution reads, as integers for compiled code.

A convolution and its gradient for the input are the same sum: each place of the result has a
window of taps, at regular distances in the source.

    forward:   the window of place p has the rows  p stride - before + r dilation  of x
    gradient:  the rows of dx, `stride` apart, that make a class have the same taps: those r that
               p = (h + before - r dilation) / stride is a whole number for; p is a row of dy

Taps are in the order of their places in the source, so those of the gradient are turned around.
"""

from __future__ import annotations

from typing import NamedTuple

from dlcore.kernels.cpu.cache import compiled


class Axis(NamedTuple):
    """One axis of a convolution: `size` of the result, and what the keywords say of it."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int


class Taps(NamedTuple):
    """The places of one class along an axis, and their windows.

    Place i is number first_place + i place_step of the result. Its tap t is number
    first_tap + t tap_step of the kernel, and place i step + offset + t move of the source.
    """

    places: int
    first_place: int
    place_step: int
    taps: int
    first_tap: int
    tap_step: int
    step: int
    offset: int
    move: int


@compiled
def forward_taps(axis: Axis) -> Taps:
    """All places of the forward pass: one class."""
    return Taps(
        axis.size, 0, 1, axis.kernel, 0, 1, axis.stride, -axis.before, axis.dilation
    )  # fmt: skip


@compiled
def gradient_taps(axis: Axis, number: int) -> Taps:
    """Class `number` < stride of the gradient for the input."""
    taps, last, offset, tap_step, move = 0, 0, 0, 1, 1
    for tap in range(axis.kernel - 1, -1, -1):
        place = number + axis.before - tap * axis.dilation
        if place % axis.stride == 0:
            if taps == 0:
                last, offset = tap, place // axis.stride
            elif taps == 1:
                tap_step, move = last - tap, place // axis.stride - offset
            taps += 1
    places = (axis.size - number + axis.stride - 1) // axis.stride
    return Taps(places, number, axis.stride, taps, last, -tap_step, 1, offset, move)


@compiled
def taps_of(height: Axis, width: Axis, backward: int, number: int) -> tuple[Taps, Taps]:
    """Both axes of a class, down and across."""
    if backward:
        down, across = number // width.stride, number % width.stride
        return gradient_taps(height, down), gradient_taps(width, across)
    return forward_taps(height), forward_taps(width)


@compiled
def taps_before(height: Axis, width: Axis, backward: int, number: int) -> int:
    """How many taps all classes before this one have together."""
    total = 0
    for other in range(number):
        down, across = taps_of(height, width, backward, other)
        total += down.taps * across.taps
    return total


@compiled
def clip(length: int, first: int, move: int, taps: int) -> tuple[int, int]:
    """Which taps, at first + t move, lie in an axis of `length`: from, to; move is positive."""
    start = min(max(0, -(first // move)), taps)
    stop = (length - 1 - first) // move + 1
    return start, max(start, min(stop, taps))
