"""One element in, one element out: a primitive that takes a named rule."""

from __future__ import annotations

from dlcore.backend.interface.activation import ACTIVATION
from dlcore.backend.interface.arithmetic import ARITHMETIC
from dlcore.backend.interface.array import Array, Spec, boolean, order_of
from dlcore.backend.interface.checks import require_dtype, require_option
from dlcore.backend.interface.elementwise import ELEMENTWISE
from dlcore.backend.interface.primitive import primitive
from dlcore.backend.interface.rule import ALL, NUMBERS, Rule
from dlcore.errors import DtypeError, OptionError, ShapeError

RULES: dict[str, Rule] = {**ARITHMETIC, **ELEMENTWISE, **ACTIVATION}
"""Every rule by name. One called `f_gradient` turns dy and f's x or y into dx in one pass."""


@primitive
def pointwise(*operands: Array, rule: str, parameters: tuple[float, ...]) -> Array:
    """y = rule(operands), element by element; `RULES` has the formulas.

    Shapes: all operands and y have one shape; broadcasting is done before, by views with stride 0.
    Layout: y has the memory order of the first operand that is not such a view. y may be written
    into any of the operands that has its dtype and strides.
    Dtypes: all operands have one dtype, except a bool mask. 16-bit floats are computed in fp32
    (parameters, too) and rounded once; integers wrap around.

    Raises:
        OptionError: no such rule, or another number of operands or parameters than it has.
        DtypeError: an operand's dtype is not among the rule's, or they differ.
        ShapeError: operands of different shapes.
    """
    require_option("pointwise", "rule", rule, RULES)
    known = RULES[rule]
    if (len(operands), len(parameters)) != (len(known.operands), len(known.parameters)):
        raise OptionError(
            rule,
            expected=f"operands {known.operands} and parameters {known.parameters}",
            received=f"{len(operands)} operands and {len(parameters)} parameters",
            remedy="see its formula in RULES",
        )
    if any(operand.shape != operands[0].shape for operand in operands):
        raise ShapeError(
            rule,
            expected=f"{len(operands)} operands of one shape",
            received=", ".join(str(operand.shape) for operand in operands),
            remedy="broadcast them first",
        )
    values = operands
    if known.operands[0] == "mask":
        require_dtype(rule, "mask", operands[0], {boolean})
        values = operands[1:]
    if any(operand.dtype != values[0].dtype for operand in values):
        raise DtypeError(
            rule,
            expected="operands of one dtype",
            received=", ".join(operand.dtype.name for operand in values),
            remedy="convert them first",
        )
    require_dtype(rule, "an operand", values[0], known.dtypes)
    dtype = known.result or values[0].dtype
    dense = next((operand for operand in operands if not _broadcast(operand)), operands[0])
    return Spec(dense.shape, dtype, order_of(dense))


def _broadcast(operand: Array) -> bool:
    pairs = zip(operand.shape, operand.strides, strict=True)
    return any(length > 1 and stride == 0 for length, stride in pairs)


__all__ = ["ALL", "NUMBERS", "RULES", "pointwise"]
