"""Copies that change which axis is innermost: squares of a vector of vectors, transposed."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, NamedTuple

from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.elements import STORED, collapsed, decoded, encoded
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.task import Task, task
from dlcore.kernels.cpu.values import Value

BLOCK = 1 << 15  # elements of a piece
AXES = 4


class Plan(NamedTuple):
    """The axes are two outer ones, the one that x is contiguous along (`down`), and y's (`across`).

    Strides are bytes.
    """

    x: int
    y: int
    inner: int
    down: int
    across: int
    x_outer: int
    x_inner: int
    x_across: int
    y_outer: int
    y_inner: int
    y_down: int
    height: int
    blocks: int


def transposed(x: Array, y: Array, dtypes: tuple[str, str]) -> bool:
    """Y = x, if they lie so that this is a transposition; whether they do."""
    found = schedule(x.shape, x.strides, y.strides, *dtypes)
    if found is None:
        return False
    pieces, rest = found
    run(kernel(*dtypes), pieces, (address(x), address(y), *rest))
    return True


@lru_cache(maxsize=1024)
def schedule(
    shape: tuple[int, ...], x: tuple[int, ...], y: tuple[int, ...], of_x: str, of_y: str
) -> tuple[int, tuple[int, ...]] | None:
    """The pieces and the plan after the addresses, of strides x and y; None if it isn't one."""
    lengths, (x_steps, y_steps) = collapsed(shape, (x, y), 1)
    if not 2 <= len(lengths) <= AXES or y_steps[-1] != STORED[of_y][1]:
        return None
    axes = [axis for axis, step in enumerate(x_steps[:-1]) if step == STORED[of_x][1]]
    if not axes:
        return None
    # The axis that x is contiguous along comes second to last, those that are missing first.
    order = [axis for axis in range(len(lengths)) if axis != axes[0]]
    order.insert(-1, axes[0])
    missing = AXES - len(lengths)
    lengths = [1] * missing + [lengths[axis] for axis in order]
    xs, ys = ([0] * missing + [steps[axis] for axis in order] for steps in (x_steps, y_steps))
    outer, inner, down, across = lengths
    lanes = host().lanes
    height = -(-max(1, BLOCK // across) // lanes) * lanes
    blocks = -(-down // height)
    sizes = inner, down, across, xs[0], xs[1], xs[3], ys[0], ys[1], ys[2], height, blocks
    return outer * inner * blocks, sizes


@cache
def kernel(of_x: str, of_y: str) -> Task:
    """The task of a `Plan`."""
    (x_kind, x_size), (_, y_size) = STORED[of_x], STORED[of_y]

    @vector_code(host())
    def code(v: Emitter, index: Value, p: Any) -> None:
        lanes = v.lanes
        block, place = index % p.blocks, index // p.blocks
        outer, inner = place // p.inner, place % p.inner
        x = p.x + outer * p.x_outer + inner * p.x_inner
        y = p.y + outer * p.y_outer + inner * p.y_inner
        first = block * p.height
        left = p.down - first
        height = v.select(left < p.height, left, p.height)

        def square(i: Value, j: Value, masked: bool) -> None:
            """From `down` i and `across` j on."""
            down, across = p.down - i, p.across - j
            tail = v.tail(down) if masked else None
            rows = []
            for number in range(lanes):
                mask = tail & v.splat(across > number) if tail else None
                rows.append(v.load(x + i * x_size + p.x_across * (j + number), x_kind, mask))
            tail = v.tail(across) if masked else None
            for number, column in enumerate(v.transpose(rows)):
                mask = tail & v.splat(down > number) if tail else None
                value = encoded(v, decoded(v, column, of_x), of_y)
                v.store(value, y + p.y_down * (i + number) + j * y_size, mask)

        def down_loop(number: Value, _: list[Value]) -> list[Value]:
            i = first + number * lanes

            def across_loop(number: Value, _: list[Value]) -> list[Value]:
                j = number * lanes
                whole = (i + lanes <= p.down) & (j + lanes <= p.across)

                def all_of_it(_: list[Value]) -> list[Value]:
                    square(i, j, masked=False)
                    return []

                def part(_: list[Value]) -> list[Value]:
                    square(i, j, masked=True)
                    return []

                v.when(whole, [], all_of_it)
                v.when(~whole, [], part)
                return []

            v.loop((p.across + (lanes - 1)) // lanes, [], across_loop)
            return []

        v.loop((height + (lanes - 1)) // lanes, [], down_loop)

    @task(Plan, f"{of_x}-{of_y}")
    def transposed(index: int, memory: int, p: Plan) -> None:
        code(index, p)

    return transposed
