"""The average of each window, and its gradient: vectors of channels, pixel by pixel."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pool_windows import Masks, several, span
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value


class Average(NamedTuple):
    """Addresses, sizes, and bytes from one image, row and pixel to the next.

    A piece has `block` of all rows of y. Each pixel of y is a sum over the pixels of x that the
    tables `rows` and `columns` name. `divisors` are float32, one for each window in reading order.
    """

    x: int
    x_image: int
    x_row: int
    x_pixel: int
    y: int
    y_image: int
    y_row: int
    y_pixel: int
    rows: int
    columns: int
    divisors: int
    images: int
    height: int
    width: int
    channels: int
    line: int  # pixels in a row of x
    block: int


@cache
def averages(dtype: str, gradient: bool) -> Task:
    """The task that takes `Average`: y has the windows; in the gradient it is x that has them."""
    size = SIZES[dtype]

    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        def row_of(k: Value, _: list[Value]) -> list[Value]:
            number = index * p.block + k
            n, i = number // p.height, number % p.height
            top, rows = span(v, p.rows, i)

            def pixel_of(j: Value, _: list[Value]) -> list[Value]:
                left, columns = span(v, p.columns, j)
                x = p.x + n * p.x_image + top * p.x_row + left * p.x_pixel
                y = p.y + n * p.y_image + i * p.y_row + j * p.y_pixel

                def channels(c: Value, masks: Masks) -> None:
                    def row(r: Value, totals: list[Value]) -> list[Value]:
                        def pixel(s: Value, totals: list[Value]) -> list[Value]:
                            at = x + r * p.x_row + s * p.x_pixel + c * size
                            values = [
                                read(v, at + k * v.lanes * size, dtype, mask)
                                for k, mask in enumerate(masks)
                            ]
                            if gradient:
                                window = (top + r) * p.line + left + s
                                divisor = v.broadcast(p.divisors + window * 4)
                                values = [value / divisor for value in values]
                            return _added(totals, values)

                        return _added(totals, v.loop(columns, nothing, pixel))

                    nothing = [v.splat(0.0) for _ in masks]
                    totals = v.loop(rows, nothing, row)
                    if not gradient:
                        divisor = v.broadcast(p.divisors + (i * p.width + j) * 4)
                        totals = [total / divisor for total in totals]
                    for k, mask in enumerate(masks):
                        write(v, totals[k], y + (c + k * v.lanes) * size, dtype, mask)

                several(v, p.channels, channels)
                return []

            v.loop(p.width, [], pixel_of)
            return []

        rest = p.images * p.height - index * p.block
        v.loop(v.select(rest < p.block, rest, p.block), [], row_of)

    @task(Average, f"{dtype}.gradient" if gradient else dtype)
    def averages(index: int, memory: int, p: Average) -> None:
        piece(index, p)

    return averages


def _added(x: list[Value], y: list[Value]) -> list[Value]:
    return [left + right for left, right in zip(x, y, strict=True)]
