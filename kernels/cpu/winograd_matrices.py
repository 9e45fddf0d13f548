"""The matrices of Winograd's convolution, and vector code that multiplies by them.

A tile of m x m outputs y reads a tile x of (m + 2) x (m + 2) inputs. With an element-wise product *

    y = A' [(G w G') * (B x B')] A      instead of the sum over the 3 x 3 weights w,

so that 36 multiplications do what 144 did (m = 4), or 16 what 36 did (m = 2), for each pair of
channels. The gradient of the weights follows: dw = G' [(A dy A') * (B x B')] G.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016, section 4. They
write B' for our B.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value

Matrix = tuple[tuple[float, ...], ...]


class Matrices(NamedTuple):
    """Those of F(m x m, 3 x 3), named after what they transform: all have m + 2 rows."""

    inputs: Matrix  # B
    weights: Matrix  # G
    outputs: Matrix  # A


@cache
def matrices(tile: int) -> Matrices:
    """For outputs in tiles of tile x tile, 2 or 4."""
    if tile == 2:
        return Matrices(
            inputs=((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
            weights=((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)),
            outputs=((1, 0), (1, 1), (1, -1), (0, -1)),
        )
    return Matrices(
        inputs=(
            (4, 0, -5, 0, 1, 0),
            (0, -4, -4, 1, 1, 0),
            (0, 4, -4, -1, 1, 0),
            (0, -2, -1, 2, 1, 0),
            (0, 2, -1, -2, 1, 0),
            (0, 4, 0, -5, 0, 1),
        ),
        weights=(
            (1 / 4, 0, 0),
            (-1 / 6, -1 / 6, -1 / 6),
            (-1 / 6, 1 / 6, -1 / 6),
            (1 / 24, 1 / 12, 1 / 6),
            (1 / 24, -1 / 12, 1 / 6),
            (0, 0, 1),
        ),
        outputs=(
            (1, 0, 0, 0),
            (1, 1, 1, 1),
            (1, -1, 1, -1),
            (1, 2, 4, 8),
            (1, -2, 4, -8),
            (0, 0, 0, 1),
        ),
    )


def transposed(matrix: Matrix) -> Matrix:
    """The columns as rows.

    >>> transposed(((1, 2), (3, 4)))
    ((1, 3), (2, 4))
    """
    return tuple(zip(*matrix, strict=True))


def multiply(v: Emitter, matrix: Matrix, x: Sequence[Value]) -> list[Value]:
    """The product of a matrix of constants and a column of values.

    Winograd's matrices evaluate polynomials at points and at their negatives. Two rows, or two
    columns, that differ in signs alone are for such a pair: they share the even part, and the odd
    part but for its sign.
    """
    x = list(x)
    for j, k in _pairs(transposed(matrix)):
        x[j], x[k] = x[j] + x[k], x[j] - x[k]
        matrix = transposed(_halves(transposed(matrix), j, k))
    results: dict[int, Value] = {}
    for i, k in _pairs(matrix):
        even, odd = (_halves(matrix, i, k)[row] for row in (i, k))
        scale = min((abs(number) for number in odd if number), default=1)
        part, rest = _dot(v, even, x), _dot(v, [number / scale for number in odd], x)
        results[i], results[k] = (_add(v, part, sign * scale, rest) for sign in (1, -1))
    for i, row in enumerate(matrix):
        if i not in results:
            results[i] = _dot(v, row, x)
    return [results[i] for i in range(len(matrix))]


def _pairs(rows: Matrix) -> Iterator[tuple[int, int]]:
    """Neighbours that differ in some signs and agree in others."""
    for i, (row, following) in enumerate(pairwise(rows)):
        if row != following and list(map(abs, row)) == list(map(abs, following)):
            yield i, i + 1


def _halves(rows: Matrix, i: int, k: int) -> Matrix:
    """Half the sum of two rows in the place of one, half the difference in that of the other."""
    pairs = list(zip(rows[i], rows[k], strict=True))
    halves = {i: tuple((a + b) / 2 for a, b in pairs), k: tuple((a - b) / 2 for a, b in pairs)}
    return tuple(halves.get(place, row) for place, row in enumerate(rows))


def _dot(v: Emitter, row: Sequence[float], x: Sequence[Value]) -> Value:
    """The sum of products, those with 1 first, which need no multiplication."""
    terms = [(number, value) for number, value in zip(row, x, strict=True) if number]
    terms.sort(key=lambda term: (term[0] != 1, term[0] != -1))
    (first, value), *others = terms
    total = value if first == 1 else value * first
    for number, value in others:
        total = _add(v, total, number, value)
    return total


def _add(v: Emitter, total: Value, number: float, value: Value) -> Value:
    """Total + number value."""
    if number == 1:
        return total + value
    if number == -1:
        return total - value
    return v.fma(value, v.splat(number), total)
