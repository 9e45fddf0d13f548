"""Comparisons, truth and bits of tensors and numbers: bool results, no gradients.

In formulas x is the input. All take tensors of any shapes that broadcast, and Python numbers;
dtypes are promoted first.
"""

from __future__ import annotations

from typing import Any

from dlcore.ops.attach import method, methods
from dlcore.ops.operands import backend_of
from dlcore.ops.rules import Operand, fact
from dlcore.tensors import Tensor


@methods("eq")
def eq(input: Tensor, other: Operand) -> Tensor:
    """x = other.

    >>> import dlcore as dl
    >>> dl.eq(dl.tensor([1, 2]), 2)
    tensor([False,  True], dtype=bool)
    """
    return fact("equal", input, other)


@methods("ne", "not_equal")
def ne(input: Tensor, other: Operand) -> Tensor:
    """x != other; true for NaN."""
    return fact("not_equal", input, other)


@methods("lt", "less", "__lt__")
def lt(input: Tensor, other: Operand) -> Tensor:
    """x < other."""
    return fact("less", input, other)


@methods("le", "less_equal", "__le__")
def le(input: Tensor, other: Operand) -> Tensor:
    """x <= other."""
    return fact("less_equal", input, other)


@methods("gt", "greater", "__gt__")
def gt(input: Tensor, other: Operand) -> Tensor:
    """x > other."""
    return fact("greater", input, other)


@methods("ge", "greater_equal", "__ge__")
def ge(input: Tensor, other: Operand) -> Tensor:
    """x >= other."""
    return fact("greater_equal", input, other)


@methods("__eq__")
def _equals(x: Tensor, other: Any) -> Any:
    """As `eq`; a tensor is not equal to what is neither a tensor nor a number."""
    return eq(x, other) if isinstance(other, Tensor | bool | int | float) else NotImplemented


@methods("__ne__")
def _differs(x: Tensor, other: Any) -> Any:
    return ne(x, other) if isinstance(other, Tensor | bool | int | float) else NotImplemented


@method
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|x - other| <= atol + rtol |other|, or x = other.

    >>> import dlcore as dl
    >>> dl.isclose(dl.tensor([1.0, 2.0]), dl.tensor([1.000001, 2.1]))
    tensor([ True, False], dtype=bool)
    """
    return fact("close", input, other, parameters=(rtol, atol, equal_nan))


@method
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether `isclose` holds everywhere. Synchronises."""
    from dlcore.ops.reduce import all

    return bool(all(isclose(input, other, rtol, atol, equal_nan)))


@method
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have one shape and equal elements. Synchronises.

    >>> import dlcore as dl
    >>> dl.equal(dl.tensor([1, 2]), dl.tensor([1, 2]))
    True
    """
    from dlcore.ops.reduce import all

    backend_of("equal", input, other)
    return input.shape == other.shape and bool(all(eq(input, other)))


@method
def isnan(input: Tensor) -> Tensor:
    """Where x is NaN."""
    return fact("isnan", input)


@method
def isinf(input: Tensor) -> Tensor:
    """Where x is infinite."""
    return fact("isinf", input)


@method
def isfinite(input: Tensor) -> Tensor:
    """Where x is neither NaN nor infinite.

    >>> import dlcore as dl
    >>> dl.isfinite(dl.tensor([1.0, float("inf")]))
    tensor([ True, False], dtype=bool)
    """
    return fact("isfinite", input)


@method
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Where neither is 0."""
    return fact("logical_and", input, other)


@method
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Where one is not 0."""
    return fact("logical_or", input, other)


@method
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Where exactly one is not 0."""
    return fact("logical_xor", input, other)


@method
def logical_not(input: Tensor) -> Tensor:
    """Where x is 0."""
    return fact("logical_not", input)


@methods("bitwise_and", "__and__", "__rand__")
def bitwise_and(input: Tensor, other: Operand) -> Tensor:
    """The bits set in both. Dtypes: integers and bool.

    >>> import dlcore as dl
    >>> dl.tensor([6]) & 3
    tensor([2], dtype=int64)
    """
    return fact("bitwise_and", input, other)


@methods("bitwise_or", "__or__", "__ror__")
def bitwise_or(input: Tensor, other: Operand) -> Tensor:
    """The bits set in any. Dtypes: integers and bool."""
    return fact("bitwise_or", input, other)


@methods("bitwise_xor", "__xor__", "__rxor__")
def bitwise_xor(input: Tensor, other: Operand) -> Tensor:
    """The bits set in one. Dtypes: integers and bool."""
    return fact("bitwise_xor", input, other)


@methods("bitwise_not", "__invert__")
def bitwise_not(input: Tensor) -> Tensor:
    """The bits not set; for bool not x.

    >>> import dlcore as dl
    >>> ~dl.tensor([True, False])
    tensor([False,  True], dtype=bool)
    """
    return fact("bitwise_not", input)
