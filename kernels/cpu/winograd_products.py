"""Products of matrices that lie in one of Winograd's planes: x[vector, row, lane], a line a row.

    m[o, t] = sum over c of v[c, t] u[o vector, c, o lane]     for the outputs of tile t
    s[c, o] = sum over t of z[c, t] v[o, t]                    for the gradient of the weights

Nothing is packed: the transforms have written rows of lines, which are a constant distance apart.
"""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import Target, host
from dlcore.kernels.cpu.micro import register_tile
from dlcore.kernels.cpu.pack import FLOAT
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.cpu.winograd_tiles import LANES, LINE

ROWS, _ = register_tile(host())
TILES = 2 * ROWS
"""Rows that are multiplied together at least; planes have room for a multiple of them."""


def product_kernel(target: Target, rows: int, across: int) -> Any:
    """The intrinsic for `rows` tiles and `across` vectors of outputs.

    Arguments: address of v, bytes to its next vector, how many vectors it has; u and bytes to its
    next vector of outputs; m and bytes to its next vector.
    """

    @vector_code(target)
    def product(
        v: Emitter,
        a: Value,
        a_vector: Value,
        depth: Value,
        b: Value,
        b_vector: Value,
        m: Value,
        m_vector: Value,
    ) -> None:
        size = FLOAT * v.lanes

        def vector(index: Value, sums: list[Value]) -> list[Value]:
            here, line = a + a_vector * index, b + index * (size * v.lanes)

            def step(lane: Value, sums: list[Value]) -> list[Value]:
                right = [v.load(line + b_vector * j + lane * size) for j in range(across)]
                results = []
                for i in range(rows):
                    number = v.broadcast(here + lane * FLOAT + i * size)
                    results += [
                        v.fma(number, right[j], sums[i * across + j]) for j in range(across)
                    ]
                return results

            return v.loop(v.integer(v.lanes), sums, step)

        sums = v.loop(depth, [v.splat(0.0)] * (rows * across), vector)
        for place, total in enumerate(sums):
            v.store(total, m + m_vector * (place % across) + place // across * size)

    return product


def sum_kernel(target: Target, rows: int, across: int) -> Any:
    """The intrinsic that adds products over tiles for `rows` lanes of v and `across` vectors of z.

    Arguments: addresses of v (of the first of the lanes) and of z, bytes to z's next vector, how
    many tiles; address of s and bytes to its next vector, whether its numbers are added to.
    """

    @vector_code(target)
    def add(
        v: Emitter,
        a: Value,
        b: Value,
        b_vector: Value,
        tiles: Value,
        s: Value,
        s_vector: Value,
        accumulate: Value,
    ) -> None:
        size = FLOAT * v.lanes
        places = [s + s_vector * j + i * size for i in range(rows) for j in range(across)]

        def old(_: list[Value]) -> list[Value]:
            return [v.load(place) for place in places]

        def step(tile: Value, sums: list[Value]) -> list[Value]:
            right = [v.load(b + b_vector * j + tile * size) for j in range(across)]
            results = []
            for i in range(rows):
                number = v.broadcast(a + tile * size + i * FLOAT)
                results += [v.fma(number, right[j], sums[i * across + j]) for j in range(across)]
            return results

        sums = v.when(accumulate > 0, [v.splat(0.0)] * len(places), old)
        for place, total in zip(places, v.loop(tiles, sums, step), strict=True):
            v.store(total, place)

    return add


_SUMS = min(LANES, host().registers // 4)  # rows of two vectors; of one vector all lanes
_pair, _single = product_kernel(host(), ROWS, 2), product_kernel(host(), TILES, 1)
_pair_sums, _single_sums = sum_kernel(host(), _SUMS, 2), sum_kernel(host(), LANES, 1)


@compiled
def multiply(
    v: int, v_vector: int, depth: int, u: int, u_vector: int, m: int, m_vector: int, n: int, t: int
) -> None:
    """The product of one plane for t tiles and n vectors of outputs; `depth` vectors of inputs.

    Tiles are rounded up to a multiple of TILES, for which there must be room.
    """
    for j in range(0, n - 1, 2):
        b, c = u + j * u_vector, m + j * m_vector
        for i in range(0, t, ROWS):
            _pair(v + i * LINE, v_vector, depth, b, u_vector, c + i * LINE, m_vector)
    if n % 2:
        b, c = u + (n - 1) * u_vector, m + (n - 1) * m_vector
        for i in range(0, t, TILES):
            _single(v + i * LINE, v_vector, depth, b, u_vector, c + i * LINE, m_vector)


@compiled
def add_products(
    v: int, v_vector: int, k: int, z: int, z_vector: int, n: int, t: int, s: int, add: int
) -> None:
    """The sums over t tiles of one plane for k vectors of v, n vectors of z; added to s if `add`.

    s[vector of z, row of v, lane]: k LANES rows.
    """
    s_vector = k * LANES * LINE
    for o in range(k):
        for j in range(0, n - 1, 2):
            b, c = z + j * z_vector, s + j * s_vector + o * LANES * LINE
            for i in range(0, LANES, _SUMS):
                a = v + o * v_vector + i * FLOAT
                _pair_sums(a, b, z_vector, t, c + i * LINE, s_vector, add)
        if n % 2:
            b, c = z + (n - 1) * z_vector, s + (n - 1) * s_vector + o * LANES * LINE
            _single_sums(v + o * v_vector, b, z_vector, t, c, s_vector, add)
