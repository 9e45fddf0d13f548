"""What a rule of the pointwise primitive takes and gives."""

from __future__ import annotations

from typing import NamedTuple

from dlcore.backend.interface.array import FLOATS, INTEGERS, Dtype, boolean

NUMBERS = FLOATS | INTEGERS
ALL = NUMBERS | {boolean}
BITS = INTEGERS | {boolean}


class Rule(NamedTuple):
    """A function of single elements.

    Attributes:
        formula: the definition, in the names of the operands and parameters.
        operands: the names of the arrays; one called `mask` is bool whatever the others are.
        parameters: the names of plain numbers.
        dtypes: what the operands may be; all but a mask have one dtype.
        result: the dtype of the output, None for the operands' own.
    """

    formula: str
    operands: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    dtypes: frozenset[Dtype] = FLOATS
    result: Dtype | None = None


def rule(
    formula: str,
    operands: str,
    parameters: str = "",
    *,
    dtypes: frozenset[Dtype] = FLOATS,
    result: Dtype | None = None,
) -> Rule:
    """A rule whose names are given in one string: `rule("a + b", "a b")`."""
    return Rule(formula, tuple(operands.split()), tuple(parameters.split()), dtypes, result)
