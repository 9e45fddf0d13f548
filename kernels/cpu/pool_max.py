"""The largest of each window, and where it was: vectors of channels, pixel by pixel."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pool_windows import Masks, several, span
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value


class Largest(NamedTuple):
    """Addresses, sizes, and bytes from one image, row and pixel to the next.

    A piece has `block` of all rows of windows. `rows` and `columns` are tables of the windows,
    whose pixels lie `down` and `right` apart.
    """

    x: int
    x_image: int
    x_row: int
    x_pixel: int
    y: int
    y_image: int
    y_row: int
    y_pixel: int
    places: int
    places_image: int
    places_row: int
    places_pixel: int
    rows: int
    columns: int
    images: int
    height: int
    width: int
    channels: int
    down: int
    right: int
    line: int  # pixels in a row of x
    block: int


@cache
def largest(dtype: str) -> Task:
    """The task that takes `Largest`."""
    size = SIZES[dtype]

    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        def window_row(k: Value, _: list[Value]) -> list[Value]:
            number = index * p.block + k
            n, i = number // p.height, number % p.height
            top, rows = span(v, p.rows, i)

            def window(j: Value, _: list[Value]) -> list[Value]:
                left, columns = span(v, p.columns, j)
                x = p.x + n * p.x_image + top * p.x_row + left * p.x_pixel
                y = p.y + n * p.y_image + i * p.y_row + j * p.y_pixel
                place = p.places + n * p.places_image + i * p.places_row + j * p.places_pixel
                first = top * p.line + left

                def channels(c: Value, masks: Masks) -> None:
                    def row(r: Value, best: list[Value]) -> list[Value]:
                        def pixel(s: Value, best: list[Value]) -> list[Value]:
                            right = s * p.right
                            at = x + r * (p.down * p.x_row) + right * p.x_pixel + c * size
                            here = v.splat((first + r * (p.down * p.line) + right).to("int32"))
                            results = []
                            for k, mask in enumerate(masks):
                                value = read(v, at + k * v.lanes * size, dtype, mask)
                                largest, where = best[2 * k : 2 * k + 2]
                                better = (value > largest) | value.is_nan()
                                results.append(v.select(better, value, largest))
                                results.append(v.select(better, here, where))
                            return results

                        return v.loop(columns, best, pixel)

                    start = [v.splat(-math.inf), v.splat(first.to("int32"))] * len(masks)
                    best = v.loop(rows, start, row)
                    for k, mask in enumerate(masks):
                        number = c + k * v.lanes
                        write(v, best[2 * k], y + number * size, dtype, mask)
                        v.store(best[2 * k + 1].to("int64"), place + number * 8, mask)

                several(v, p.channels, channels)
                return []

            v.loop(p.width, [], window)
            return []

        rest = p.images * p.height - index * p.block
        v.loop(v.select(rest < p.block, rest, p.block), [], window_row)

    @task(Largest, dtype)
    def largest(index: int, memory: int, p: Largest) -> None:
        piece(index, p)

    return largest
