"""One element in, one element out: a primitive that takes a named rule."""

from __future__ import annotations

from typing import NamedTuple

from dlcore.backend.interface.array import (
    FLOATS,
    INTEGERS,
    Array,
    Dtype,
    Spec,
    boolean,
    order_of,
)
from dlcore.backend.interface.checks import require_dtype, require_option
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import DtypeError, ShapeError

NUMBERS = FLOATS | INTEGERS
ALL = NUMBERS | {boolean}


class Rule(NamedTuple):
    """What a pointwise rule takes and gives.

    Attributes:
        formula: the definition, with operands a b c and parameters p q.
        operands: how many arrays.
        dtypes: what the operands may be; all operands have one dtype.
        result: None for the operands' dtype, or the dtype of the output.
        parameters: how many plain numbers.
    """

    formula: str
    operands: int
    dtypes: frozenset[Dtype] = FLOATS
    result: Dtype | None = None
    parameters: int = 0


RULES: dict[str, Rule] = {
    "add": Rule("a + b; logical or for bool", 2, ALL),
    "subtract": Rule("a - b", 2, NUMBERS),
    "multiply": Rule("a b; logical and for bool", 2, ALL),
    "divide": Rule("a / b", 2),
    "add_number": Rule("a + p; logical or for bool", 1, ALL, parameters=1),
    "multiply_number": Rule("a p; logical and for bool", 1, ALL, parameters=1),
    "divide_number": Rule("a / p", 1, parameters=1),
    "subtract_from": Rule("p - a", 1, NUMBERS, parameters=1),
    "divide_into": Rule("p / a", 1, parameters=1),
    "divide_gradient": Rule("-a b / c: the gradient a for the divisor c of the quotient b", 3),
    "negative": Rule("-a", 1, NUMBERS),
}


@primitive
def pointwise(*operands: Array, rule: str, parameters: tuple[float, ...]) -> Array:
    """Y = rule(operands), element by element; `RULES` has the formulas.

    Shapes: all operands and y have one shape; broadcasting is done before, by views with stride 0.
    Layout: y has the memory order of the first operand that is not such a view.
    Dtypes: all operands have one dtype, except the condition of `where`. 16-bit floats are
    computed in fp32 and rounded once; integers wrap around.

    Raises:
        DtypeError: an operand's dtype is not among the rule's, or they differ.
        ShapeError: operands of different shapes.
    """
    require_option("pointwise", "rule", rule, RULES)
    known = RULES[rule]
    values = operands[1:] if rule == "where" else operands
    if len({operand.shape for operand in operands}) != 1:
        raise ShapeError(
            rule,
            expected=f"{known.operands} operands of one shape",
            received=", ".join(str(operand.shape) for operand in operands),
            remedy="broadcast them first",
        )
    if len({operand.dtype for operand in values}) != 1:
        raise DtypeError(
            rule,
            expected="operands of one dtype",
            received=", ".join(operand.dtype.name for operand in values),
            remedy="convert them first",
        )
    require_dtype(rule, "an operand", values[0], known.dtypes)
    dtype = known.result or values[0].dtype
    dense = [operand for operand in operands if not _broadcast(operand)]
    return Spec(operands[0].shape, dtype, order_of(dense[0] if dense else operands[0]))


def _broadcast(operand: Array) -> bool:
    pairs = zip(operand.shape, operand.strides, strict=True)
    return any(length > 1 and stride == 0 for length, stride in pairs)
