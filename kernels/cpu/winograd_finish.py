"""What becomes of a tile's results before they are stored, row by row.

Outputs get a bias and a ReLU, and are summed up for the norm that follows. Gradients are masked as
by the ReLU before, and summed up for the norms before. Sums are float32 within a block of tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dlcore.kernels.cpu.rows import tree_sum
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.storage import read, rounded
from dlcore.kernels.cpu.values import Value

Masks = Sequence[Value | None]
STATISTICS = 4
"""Lines of a block's statistics: sum and sum of squares around a number, that number, the count."""
SUMS = 2
"""Lines of a block's sums for a norm: of gradients, and of them times x - mean."""
UNMASKED, BY_OUTPUT, BY_NORM = range(3)


class Outputs(NamedTuple):
    """What becomes of outputs.

    Attributes:
        bias: address of float32 numbers that are added, or 0.
        relu: whether ReLU follows.
        sums: address of the block's statistics, or 0.
        line: bytes from one line of them to the next.
    """

    bias: int
    relu: int
    sums: int
    line: int


class Slopes(NamedTuple):
    """What becomes of gradients. Other arrays are given by how many bytes they are away.

    Attributes:
        adds: whether `add` is added.
        mask: UNMASKED; or 0 where `output` isn't positive, or norm(output).
        lines: address of what `batch_norm.prepare` fills, for that norm.
        norms: how many norms there are sums for, 0 to 2; they are of `raw` and of `other`.
        mean, other_mean: addresses of what these had as means, float32.
        sums, other_sums: addresses of the block's sums.
        line: bytes from one line of all these to the next.
    """

    adds: int
    add: int
    mask: int
    output: int
    lines: int
    norms: int
    raw: int
    mean: int
    sums: int
    other: int
    other_mean: int
    other_sums: int
    line: int


NOTHING = Slopes(*[0] * 13)
"""Gradients are stored as they are."""


class Finish:
    """Nothing more becomes of results.

    Args:
        t: a Tile of Values.
        options: a NamedTuple of them.
        dtype: of the results.
        tail: the mask of the channels, None for all lanes.
    """

    def __init__(self, v: Emitter, t: Any, options: Any, dtype: str, tail: Value | None) -> None:
        self.v, self.t, self.options, self.dtype, self.tail = v, t, options, dtype, tail

    def begin(self) -> list[Value]:
        """What is carried from row to row."""
        return []

    def row(
        self,
        i: Value,
        values: list[Value],
        places: Sequence[Value],
        masks: Masks,
        sums: list[Value],
    ) -> tuple[list[Value], list[Value]]:
        """The values that are stored, and what is carried on."""
        return values, sums

    def end(self, sums: list[Value]) -> None:
        """Keep what was carried."""

    def _load(self, wanted: Value, places: Sequence[Value]) -> list[Value]:
        """Vectors from memory; zeros if they aren't wanted."""
        zeros = [self.v.splat(0.0)] * len(places)
        return self.v.when(
            wanted, zeros, lambda _: [self.v.load(place, mask=self.tail) for place in places]
        )

    def _store(self, wanted: Value, places: Sequence[Value], values: Sequence[Value]) -> None:
        def store(_: list[Value]) -> list[Value]:
            for place, value in zip(places, values, strict=True):
                self.v.store(value, place, self.tail)
            return []

        self.v.when(wanted, [], store)

    def _where(self, masks: Masks, values: Sequence[Value]) -> list[Value]:
        zero, pairs = self.v.splat(0.0), zip(masks, values, strict=True)
        return [self.v.select(mask, x, zero) if mask else x for mask, x in pairs]


class OfOutputs(Finish):
    """Bias, ReLU, statistics."""

    def begin(self) -> list[Value]:
        return self._load(self._more(), self._places())

    def row(
        self,
        i: Value,
        values: list[Value],
        places: Sequence[Value],
        masks: Masks,
        sums: list[Value],
    ) -> tuple[list[Value], list[Value]]:
        v, options = self.v, self.options

        def add_bias(values: list[Value]) -> list[Value]:
            bias = v.load(options.bias + self.t.channel, mask=self.tail)
            return [x + bias for x in values]

        def rectify(values: list[Value]) -> list[Value]:
            return [v.maximum(x, v.splat(0.0)) for x in values]

        def add(sums: list[Value]) -> list[Value]:
            total, squares, around = sums
            shown = [rounded(v, x, self.dtype) for x in values]
            first = v.select(v.abs(shown[0]) < float("inf"), shown[0], v.splat(0.0))
            begins = v.splat(i.equals(0) & self.t.number.equals(0))
            around = v.select(begins, first, around)
            off = self._where(masks, [x - around for x in shown])
            return [total + tree_sum(off), squares + tree_sum([x * x for x in off]), around]

        values = v.when(~options.bias.equals(0), values, add_bias)
        values = v.when(options.relu > 0, values, rectify)
        return values, v.when(~options.sums.equals(0), sums, add)

    def end(self, sums: list[Value]) -> None:
        self._store(~self.options.sums.equals(0), self._places(), sums)

    def _more(self) -> Value:
        """Whether the block's other tiles have left sums."""
        more: Value = ~self.options.sums.equals(0) & (self.t.number > 0)
        return more

    def _places(self) -> list[Value]:
        first = self.options.sums + self.t.channel
        return [first + self.options.line * line for line in range(STATISTICS - 1)]


class OfSlopes(Finish):
    """Sum with another gradient, mask, sums for the norms before."""

    def begin(self) -> list[Value]:
        more = self.t.number > 0
        one, two = self._places()
        return self._load(more & (self.options.norms > 0), one) + self._load(
            more & (self.options.norms > 1), two
        )

    def row(
        self,
        i: Value,
        values: list[Value],
        places: Sequence[Value],
        masks: Masks,
        sums: list[Value],
    ) -> tuple[list[Value], list[Value]]:
        v, options = self.v, self.options

        def others(distance: Value) -> list[Value]:
            pairs = zip(places, masks, strict=True)
            return [read(v, place + distance, self.dtype, mask) for place, mask in pairs]

        def add_other(values: list[Value]) -> list[Value]:
            pairs = zip(self._shown(values), others(options.add), strict=True)
            return [x + other for x, other in pairs]

        def positive(values: list[Value], outputs: list[Value]) -> list[Value]:
            pairs = zip(values, outputs, strict=True)
            return [v.select(y <= 0.0, v.splat(0.0), x) for x, y in pairs]

        def by_output(values: list[Value]) -> list[Value]:
            return positive(values, others(options.output))

        def by_norm(values: list[Value]) -> list[Value]:
            lines = [options.lines + options.line * number for number in range(3)]
            mean, scale, shift = (v.load(x + self.t.channel, mask=self.tail) for x in lines)
            outputs = [v.fma(x - mean, scale, shift) for x in others(options.output)]
            return positive(values, self._shown(outputs))

        def add(distance: Value, means: Value) -> Any:
            def body(sums: list[Value]) -> list[Value]:
                mean = v.load(means + self.t.channel, mask=self.tail)
                slopes = self._where(masks, self._shown(values))
                products = [
                    x * (raw - mean) for x, raw in zip(slopes, others(distance), strict=True)
                ]
                products = self._where(masks, products)
                return [sums[0] + tree_sum(slopes), sums[1] + tree_sum(products)]

            return body

        values = v.when(options.adds > 0, values, add_other)
        values = v.when(options.mask.equals(BY_OUTPUT), values, by_output)
        values = v.when(options.mask.equals(BY_NORM), values, by_norm)
        one = v.when(options.norms > 0, sums[:SUMS], add(options.raw, options.mean))
        two = v.when(options.norms > 1, sums[SUMS:], add(options.other, options.other_mean))
        return values, one + two

    def end(self, sums: list[Value]) -> None:
        one, two = self._places()
        self._store(self.options.norms > 0, one, sums[:SUMS])
        self._store(self.options.norms > 1, two, sums[SUMS:])

    def _places(self) -> list[list[Value]]:
        firsts = [x + self.t.channel for x in (self.options.sums, self.options.other_sums)]
        return [[first + self.options.line * line for line in range(SUMS)] for first in firsts]

    def _shown(self, values: list[Value]) -> list[Value]:
        """As they are stored."""
        return [rounded(self.v, x, self.dtype) for x in values]
