"""Reductions: many elements in, one element out, by a named rule."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from dlcore.backend.interface.array import (
    FLOATS,
    Array,
    Dtype,
    Shape,
    Spec,
    boolean,
    int64,
    like,
)
from dlcore.backend.interface.checks import (
    axes_in,
    axis_in,
    require_dtype,
    require_option,
    require_same_dtype,
)
from dlcore.backend.interface.primitive import primitive
from dlcore.backend.interface.rule import ALL
from dlcore.errors import ShapeError


class Reduction(NamedTuple):
    """What a reduction takes and gives.

    Attributes:
        formula: the definition.
        dtypes: what it takes.
        result: the dtype of the output, None for the input's.
        floats_stay: a float input gives its own dtype whatever `result` says.
        of_nothing: whether there is a value for no elements.
    """

    formula: str
    dtypes: frozenset[Dtype] = FLOATS
    result: Dtype | None = None
    floats_stay: bool = False
    of_nothing: bool = True


REDUCTIONS: dict[str, Reduction] = {
    "sum": Reduction("sum x; 0 of nothing", ALL, int64, floats_stay=True),
    "mean": Reduction("sum x / n; NaN of nothing"),
    "prod": Reduction("product x; 1 of nothing", ALL, int64, floats_stay=True),
    "amax": Reduction("the largest x; NaN if any x is", ALL, of_nothing=False),
    "amin": Reduction("the smallest x; NaN if any x is", ALL, of_nothing=False),
    "count": Reduction("how many x != 0 (NaN is)", ALL, int64),
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
    if not known.of_nothing:
        _require_choice(rule, x, axes)
    stays = known.floats_stay and x.dtype in FLOATS
    return Spec(shape, x.dtype if stays else known.result or x.dtype)


@primitive
def prod_gradient(dy: Array, x: Array, *, axes: tuple[int, ...]) -> Array:
    """Dx = dy times the product of all other x along `axes`, correct where some are 0.

    Shapes: dx, x: any; dy: as x with length 1 along `axes`. Layout: dx keeps x's memory order.
    Dtypes: floats, products as in `reduce`.
    """
    require_dtype("prod_gradient", "x", x, FLOATS)
    require_same_dtype("prod_gradient", dy=dy, x=x)
    return like(x)


@primitive
def arg_reduce(x: Array, *, rule: str, axis: int | None, keepdims: bool) -> Array:
    """Y = the position of the largest (rule argmax) or smallest (argmin) x along `axis`.

    The first of equals wins, and a NaN beats every number. Without an axis it is the position in
    the flattened x, in C order of its shape.
    Shapes: as `reduce`. Layout: y is rows. Dtypes: x: all; y: int64.

    Raises:
        OptionError: no such rule.
        ShapeError: x has no such axis, or there is no element to choose from.
    """
    require_option("arg_reduce", "rule", rule, ("argmax", "argmin"))
    axes = tuple(range(x.ndim)) if axis is None else (axis,)
    shape = reduced_shape(rule, x, axes, keepdims)
    _require_choice(rule, x, axes)
    return Spec(shape, int64)


@primitive
def pick_gradient(dy: Array, index: Array, *, axis: int, length: int) -> Array:
    """Dx = dy at position `index` of `axis`, 0 elsewhere: the gradient of picking one x.

    Shapes: dy, index (int64): one shape, with length 1 along `axis`; dx: with `length` there.
    Layout: dx is rows. Dtypes: floats.
    """
    require_dtype("pick_gradient", "dy", dy, FLOATS)
    place = axis_in("pick_gradient", axis, dy.ndim)
    return Spec((*dy.shape[:place], length, *dy.shape[place + 1 :]) if dy.ndim else (), dy.dtype)


@primitive
def cumulative(x: Array, *, rule: str, axis: int, backwards: bool) -> Array:
    """Y_i = the sum (rule cumsum) or product (cumprod) of x up to position i of `axis`.

    `backwards`: of x from position i to the end.
    Shapes: x, y: any with that axis. Layout: y keeps x's memory order.
    Dtypes: floats accumulate as in `reduce`; integers and bool give int64.

    Raises:
        OptionError: no such rule.
        ShapeError: x has no such axis.
    """
    require_option("cumulative", "rule", rule, ("cumsum", "cumprod"))
    axis_in(rule, axis, x.ndim)
    require_dtype(rule, "x", x, ALL)
    return like(x, x.dtype if x.dtype in FLOATS else int64)


@primitive
def cumprod_gradient(dy: Array, x: Array, *, axis: int) -> Array:
    """Dx_i = sum over k >= i of dy_k times the product of x_j, j <= k, j != i, along `axis`.

    Shapes, layout, dtypes: as `cumulative`, floats only. No division: correct where some x are 0.
    """
    require_dtype("cumprod_gradient", "x", x, FLOATS)
    require_same_dtype("cumprod_gradient", dy=dy, x=x)
    return like(x)


@primitive
def variance(
    x: Array, *, axes: tuple[int, ...], correction: float, keepdims: bool
) -> tuple[Array, Array]:
    """V = sum (x - m)^2 / (n - correction), m = sum x / n over all elements along `axes`.

    In two passes, so that a large mean costs no digits. With n <= correction the divisor is 0.
    Shapes: x as in `reduce`; v and m: what is left. Layout: rows.
    Dtypes: floats; m is fp32 in the second pass whatever x is, and both are rounded once.

    Raises:
        DtypeError: x is not floating point.
        ShapeError: x has no such axis, or one is given twice.
    """
    require_dtype("var", "x", x, FLOATS)
    left = Spec(reduced_shape("var", x, axes, keepdims), x.dtype)
    return left, left


@primitive
def vector_norm(x: Array, *, order: float, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Y = (sum |x|^order)^(1 / order) over all elements along `axes`.

    Order Inf is the largest |x|, -Inf the smallest, 0 the number of x that are not 0.
    Shapes, layout, dtypes: as `reduce`, floats only.

    Raises:
        DtypeError: x is not floating point.
        ShapeError: x has no such axis, one is given twice, or -Inf or a negative order of nothing.
    """
    require_dtype("vector_norm", "x", x, FLOATS)
    shape = reduced_shape("vector_norm", x, axes, keepdims)
    if order < 0 or order == inf:
        _require_choice("vector_norm", x, axes)
    return Spec(shape, x.dtype)


def reduced_shape(operation: str, x: Array, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape that is left after reducing along `axes`."""
    gone = axes_in(operation, axes, x.ndim)
    if keepdims:
        return tuple(1 if axis in gone else length for axis, length in enumerate(x.shape))
    return tuple(length for axis, length in enumerate(x.shape) if axis not in gone)


def _require_choice(operation: str, x: Array, axes: tuple[int, ...]) -> None:
    """Refuse to choose one of no elements, also where there is no choice to make."""
    if any(x.shape[axis] == 0 for axis in axes_in(operation, axes, x.ndim)):
        raise ShapeError(
            operation,
            expected="at least one element to choose from",
            received=f"x of shape {x.shape}",
            remedy="leave empty batches out, or choose another axis",
        )
