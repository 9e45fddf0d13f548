"""Windows of an image copied into rows, a few at a time, which the tiles then read again and again.

A window is the numbers of its taps, tap after tap, channel after channel; in the padding they are
0. Where taps lie side by side a row of the window is one run of memory, cut off at the image's
edge. Copying costs one of the many times that a tile reads the number; and it makes float32 of
16-bit numbers, one window of two that overlap at an image's border, one kernel of all geometries.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.direct_geometry import Taps
from dlcore.kernels.cpu.direct_tile import FLOAT, PITCH
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read
from dlcore.kernels.cpu.values import Value


class Source(NamedTuple):
    """Images of one group of channels: address, bytes from one image, row, pixel to the next."""

    address: int
    image: int
    row: int
    pixel: int
    height: int
    width: int
    channels: int


@vector_code(host())
def clear(v: Emitter, target: Value, length: Value) -> None:
    """Write 0 to `length` numbers."""
    v.each(length, lambda k, mask: v.store(v.splat(0.0), target + k * FLOAT))


def copy_rows(dtype: str) -> Any:
    """The intrinsic that copies `length` numbers into each of `rows` rows.

    Whole vectors are written: the numbers behind the last one become 0.
    Arguments: source, step from one row to the next there (bytes), target, pitch, rows, length.
    """
    size = SIZES[dtype]

    @vector_code(host())
    def copy(
        v: Emitter,
        source: Value,
        step: Value,
        target: Value,
        pitch: Value,
        rows: Value,
        length: Value,
    ) -> None:
        mask = v.tail(length)

        def short(i: Value, _: list[Value]) -> list[Value]:
            v.store(read(v, source + step * i, dtype, mask), target + i * pitch)
            return []

        def long(i: Value, _: list[Value]) -> list[Value]:
            start, to = source + step * i, target + i * pitch

            def piece(k: Value, mask: Value | None) -> None:
                v.store(read(v, start + k * size, dtype, mask), to + k * FLOAT)

            v.each(length, piece)
            return []

        is_short = length <= v.lanes
        v.when(is_short, [], lambda _: v.loop(rows, [], short))
        v.when(~is_short, [], lambda _: v.loop(rows, [], long))

    return copy


@cache
def window_filler(dtype: str) -> Any:
    """The function that fills rows at an address with windows of images of a dtype.

    Arguments: the source, its taps down and across, the first place and how many, the numbers
    [begin, end) of their windows, the address.
    """
    size, copy = SIZES[dtype], copy_rows(dtype)

    @compiled
    def copy_run(
        s: Source,
        row: int,
        column: int,
        step: int,
        count: int,
        low: int,
        high: int,
        target: int,
    ) -> None:
        """Numbers [low, high) of one run of memory for each of `count` places in a row."""
        c = s.channels
        leftmost, rightmost = -(low // c), s.width - (high + c - 1) // c
        inside = min(max((leftmost - column + step - 1) // step, 0), count)
        outside = min(max((rightmost - column) // step + 1, inside), count)
        run, place = row + column * s.pixel + low * size, target + inside * PITCH
        move = step * s.pixel
        copy(run + inside * move, move, place, PITCH, outside - inside, high - low)
        for k in range(count):
            if k < inside or k >= outside:
                w = column + k * step
                start, stop = max(low, -w * c), min(high, (s.width - w) * c)
                place = target + k * PITCH
                clear(place, high - low)
                if start < stop:
                    place += (start - low) * FLOAT
                    copy(run + k * move + (start - low) * size, 0, place, PITCH, 1, stop - start)

    @compiled
    def fill(
        s: Source,
        down: Taps,
        across: Taps,
        first: int,
        count: int,
        begin: int,
        end: int,
        target: int,
    ) -> None:
        joined = across.move == 1 and s.pixel == s.channels * size
        runs, length = (1, across.taps * s.channels) if joined else (across.taps, s.channels)
        done = 0
        while done < count and begin < end:
            number = first + done
            j, line = number % across.places, number // across.places
            i, n = line % down.places, line // down.places
            here = min(across.places - j, count - done)
            for run in range(begin // length, (end + length - 1) // length):
                low, high = max(begin - run * length, 0), min(end - run * length, length)
                h = i * down.step + down.offset + run // runs * down.move
                w = j * across.step + across.offset + run % runs * across.move
                to = target + done * PITCH + (run * length + low - begin) * FLOAT
                if h >= 0 and h < s.height:
                    row = s.address + n * s.image + h * s.row
                    copy_run(s, row, w, across.step, here, low, high, to)
                else:
                    for k in range(here):
                        clear(to + k * PITCH, high - low)
            done += here

    return fill
