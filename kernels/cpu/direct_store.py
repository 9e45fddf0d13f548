"""Rows of sums to memory: bias, ReLU, one rounding."""

from __future__ import annotations

from functools import cache
from typing import Any

from dlcore.kernels.cpu.direct_tile import FLOAT
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.storage import SIZES, read, write
from dlcore.kernels.cpu.values import Value


@cache
def row_storer(dtype: str) -> Any:
    """The intrinsic that stores `length` sums of each of `rows` rows.

    Arguments: address of the sums, their pitch (bytes), the same of the results, rows, length,
    address of the bias or 0, whether ReLU follows.
    """
    size = SIZES[dtype]

    @vector_code(host())
    def store(
        v: Emitter,
        sums: Value,
        pitch: Value,
        target: Value,
        step: Value,
        rows: Value,
        length: Value,
        bias: Value,
        relu: Value,
    ) -> None:
        def row(i: Value, _: list[Value]) -> list[Value]:
            start, to = sums + pitch * i, target + step * i

            def piece(k: Value, mask: Value | None) -> None:
                total = [v.load(start + k * FLOAT)]
                total = v.when(
                    ~bias.equals(0),
                    total,
                    lambda x: [x[0] + read(v, bias + k * size, dtype, mask)],
                )
                total = v.when(relu > 0, total, lambda x: [v.maximum(x[0], v.splat(0.0))])
                write(v, total[0], to + k * size, dtype, mask)

            v.each(length, piece)
            return []

        v.loop(rows, [], row)

    return store
