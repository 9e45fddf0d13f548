"""Reductions: many elements in, one element out, by a named rule."""

from __future__ import annotations

from typing import NamedTuple

from dlcore.backend.interface.array import (
    FLOATS,
    INTEGERS,
    Array,
    Dtype,
    Shape,
    Spec,
    boolean,
    int64,
)
from dlcore.backend.interface.checks import axes_in, require_dtype, require_option
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import ShapeError

NUMBERS = FLOATS | INTEGERS
ALL = NUMBERS | {boolean}


class Reduction(NamedTuple):
    """What a reduction takes and gives.

    Attributes:
        formula: the definition.
        dtypes: what it takes.
        result: None for the input's dtype, int64 for int64 unless the input is a float, or bool.
        of_nothing: whether there is a value for no elements.
    """

    formula: str
    dtypes: frozenset[Dtype] = FLOATS
    result: Dtype | None = None
    of_nothing: bool = True


REDUCTIONS: dict[str, Reduction] = {
    "sum": Reduction("sum x; 0 of nothing", ALL, int64),
    "mean": Reduction("sum x / n; NaN of nothing"),
    "prod": Reduction("product x; 1 of nothing", ALL, int64),
    "amax": Reduction("the largest x; NaN if any x is", ALL, of_nothing=False),
    "amin": Reduction("the smallest x; NaN if any x is", ALL, of_nothing=False),
    "any": Reduction("whether some x != 0 (NaN is)", ALL, boolean),
    "all": Reduction("whether every x != 0 (NaN is)", ALL, boolean),
    "logsumexp": Reduction("m + log sum exp(x - m), m = max x where finite; -Inf of nothing"),
}


@primitive
def reduce(x: Array, *, rule: str, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Y = rule(x) over all elements along `axes`; `REDUCTIONS` has the formulas.

    Shapes: x: any; y: without `axes`, or with length 1 there if `keepdims`. No axes: every element
    is reduced by itself. Layout: y is rows.
    Dtypes: floats accumulate in fp32 (float64 for float64) and are rounded once; sum and prod of
    integers and bool accumulate in int64 and give int64; any and all give bool.

    Raises:
        OptionError: no such rule.
        DtypeError: the rule does not take x's dtype, as mean of integers.
        ShapeError: x has no such axis, one is given twice, or there is no element to choose from.
    """
    require_option("reduce", "rule", rule, REDUCTIONS)
    known = REDUCTIONS[rule]
    require_dtype(rule, "x", x, known.dtypes)
    shape = reduced_shape(rule, x, axes, keepdims)
    if not known.of_nothing and not x.size and 0 not in shape:
        raise ShapeError(
            rule,
            expected="at least one element to choose from",
            received=f"x of shape {x.shape} along axes {axes}",
            remedy="leave empty batches out, or choose other axes",
        )
    integral = known.result == int64 and x.dtype in FLOATS
    return Spec(shape, x.dtype if known.result is None or integral else known.result)


def reduced_shape(operation: str, x: Array, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape that is left after reducing along `axes`."""
    gone = axes_in(operation, axes, x.ndim)
    if keepdims:
        return tuple(1 if axis in gone else length for axis, length in enumerate(x.shape))
    return tuple(length for axis, length in enumerate(x.shape) if axis not in gone)
