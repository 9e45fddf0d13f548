"""Batches of images for training: cut out, mirrored and normalised in one pass."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu.arrays import Array, address, contiguous
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pieces import cut
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value


def normalise(
    images: Array,
    y: Array,
    *,
    scale: Array,
    shift: Array,
    top: Array | None = None,
    left: Array | None = None,
    mirrored: Array | None = None,
) -> None:
    """Y[n,c,h,w] = x[n,c,h + top[n],w' + left[n]] scale[c] - shift[c], w' = w or W - 1 - w.

    Beyond the image x is 0. An image is mirrored after it was cut out, where mirrored[n].

    Shapes: images N C H W, uint8 or float32, of any strides; y: the same shape, float32. scale,
    shift: (C). top, left, mirrored: (N), by default all 0.
    """
    n, c, height, width = y.shape
    if not y.size:
        return
    offsets = np.zeros((n, 3), np.int64)
    for column, values in enumerate((top, left, mirrored)):
        if values is not None:
            offsets[:, column] = values
    factors = contiguous(np.stack([scale, shift], axis=1).astype(np.float32))
    block, pieces = cut(n * height, width * c)
    plan = Plan(
        *_places(images),
        *_places(y),
        address(offsets),
        address(factors),
        n,
        c,
        height,
        width,
        block,
    )
    run(_normalised(images.dtype.name), pieces, plan)


def _places(x: Array) -> tuple[int, int, int, int, int]:
    image, channel, row, pixel = x.strides
    return address(x), image, channel, row, pixel


class Plan(NamedTuple):
    """Addresses, strides in bytes, sizes. A piece has `block` of all rows."""

    x: int
    x_image: int
    x_channel: int
    x_row: int
    x_pixel: int
    y: int
    y_image: int
    y_channel: int
    y_row: int
    y_pixel: int
    offsets: int  # (N, 3): top, left, mirrored
    factors: int  # (C, 2): scale, shift
    images: int
    channels: int
    height: int
    width: int
    block: int


@cache
def _normalised(dtype: str) -> Task:
    @vector_code(host())
    def piece(v: Emitter, index: Value, p: Any) -> None:
        def row(k: Value, _: list[Value]) -> list[Value]:
            number = index * p.block + k
            n, i = number // p.height, number % p.height
            top, left, mirrored = (
                v.number(p.offsets + n * 24 + 8 * part, "int64") for part in range(3)
            )
            h = i + top
            inside = v.splat((h >= 0) & (h < p.height))
            # Pixel j of the row comes from pixel first + j step.
            step = 1 - mirrored * 2
            first = left + mirrored * (p.width - 1)

            def channel(c: Value, _: list[Value]) -> list[Value]:
                scale, shift = (v.broadcast(p.factors + c * 8 + 4 * part) for part in range(2))
                x = p.x + n * p.x_image + c * p.x_channel + h * p.x_row
                y = p.y + n * p.y_image + c * p.y_channel + i * p.y_row

                def pixels(j: Value, mask: Value | None) -> None:
                    w = v.places(first + j * step, step)
                    there = inside & (w >= 0) & (w < v.splat(p.width))
                    there = there if mask is None else there & mask
                    places = v.splat(x) + w * v.splat(p.x_pixel)
                    value = v.gather_at(places, dtype, there)
                    value = value if value.is_float else value.as_float()
                    v.scatter(value * scale - shift, y + j * p.y_pixel, p.y_pixel, mask)

                v.each(p.width, pixels)
                return []

            v.loop(p.channels, [], channel)
            return []

        rest = p.images * p.height - index * p.block
        v.loop(v.select(rest < p.block, rest, p.block), [], row)

    @task(Plan, dtype)
    def normalised(index: int, memory: int, p: Plan) -> None:
        piece(index, p)

    return normalised
