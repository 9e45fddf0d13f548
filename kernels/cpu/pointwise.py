"""One element in, one element out, by named rules; several in a row in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.elements import Body, each
from dlcore.kernels.cpu.launch import untapeable
from dlcore.kernels.cpu.rules import RULES, TRUTH
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.storage import SIZES, name_of, rounded
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.numpy.pointwise import pointwise as by_numpy


class Step(NamedTuple):
    """One rule of a chain.

    Args:
        rule: its name.
        operands: which values it takes: arrays are 0, 1, ..., then come the results of the steps.
        parameters: its numbers.
    """

    rule: str
    operands: tuple[int, ...]
    parameters: tuple[float, ...] = ()


Shape = tuple[tuple[str, tuple[int, ...], int], ...]


def pointwise(*arrays: Array, rule: str, parameters: tuple[float, ...]) -> None:
    *operands, y = arrays
    dtypes = tuple([name_of(x) for x in arrays])
    if not _is_known(rule, dtypes):
        untapeable()
        by_numpy(*arrays, rule=rule, parameters=parameters)
        return
    count = len(operands)
    shape = ((rule, tuple(range(count)), len(parameters)),)
    name, make = _recipe(shape, dtypes[:-1], (count,))
    each(name, make, operands, [y], parameters, dtypes)


@cache
def _is_known(rule: str, dtypes: tuple[str, ...]) -> bool:
    """Whether a rule is among ours for these dtypes of the operands and the result."""
    return rule in RULES and dtypes[-2] in SIZES and {*dtypes} <= {*SIZES, "bool"}


def chain(
    steps: Sequence[Step], arrays: Sequence[Array], outputs: Sequence[tuple[int, Array]]
) -> None:
    """Several rules in one pass, with the bits that one kernel after the other would give.

    Args:
        steps: in order; the rules are among `rules.RULES`.
        arrays: of one shape, float32, float16 or bfloat16 (or bool, for a mask), any strides.
        outputs: which values to keep, numbered as in `Step`, and where. A result has the dtype of
            its first operand that isn't bool; it is rounded to it, also within the chain.
    """
    shape = tuple((step.rule, step.operands, len(step.parameters)) for step in steps)
    numbers = [number for step in steps for number in step.parameters]
    dtypes = tuple([name_of(array) for array in arrays])
    name, make = _recipe(shape, dtypes, tuple([number for number, _ in outputs]))
    each(name, make, arrays, [y for _, y in outputs], numbers)


class _Make:
    """Makes the body of a chain."""

    def __init__(self, shape: Shape, dtypes: tuple[str, ...], kept: tuple[int, ...]) -> None:
        self.shape, self.dtypes, self.kept = shape, dtypes, kept

    def __call__(self) -> Body:
        def body(v: Emitter, values: list[Value], numbers: list[Value]) -> list[Value]:
            values, rest = list(values), list(numbers)
            for (rule, operands, count), dtype in zip(self.shape, self._results(), strict=True):
                mine, rest = rest[:count], rest[count:]
                result = RULES[rule](v, *[values[place] for place in operands], *mine)
                values.append(result if dtype == "bool" else rounded(v, result, dtype))
            return [values[place] for place in self.kept]

        return body

    def _results(self) -> list[str]:
        """The dtype of each step's result."""
        known = list(self.dtypes)
        for rule, operands, _ in self.shape:
            own = next(known[place] for place in operands if known[place] != "bool")
            known.append("bool" if rule in TRUTH else own)
        return known[len(self.dtypes) :]


@cache
def _recipe(shape: Shape, dtypes: tuple[str, ...], kept: tuple[int, ...]) -> tuple[str, _Make]:
    words = [f"{rule}{''.join(f' {place}' for place in operands)}" for rule, operands, _ in shape]
    return f"{', '.join(words)} to {' '.join(map(str, kept))}", _Make(shape, dtypes, kept)
