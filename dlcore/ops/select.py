"""One value or another, element by element: the larger, clamp, where, masks, interpolation."""

from __future__ import annotations

import numpy as np

from dlcore.autograd import result
from dlcore.backend.interface.array import FLOATS, Array, Dtype, boolean
from dlcore.errors import DtypeError, OptionError
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import cast
from dlcore.ops.operands import (
    backend_of,
    broadcast,
    meeting_dtype,
    number_as,
    scalar,
    sum_to,
)
from dlcore.ops.rules import Operand, by_input, by_operands, fact, pointwise
from dlcore.tensors import Number, Tensor


@methods("clamp", "clip")
def clamp(x: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """x, but at least `min` and at most `max`; within the bounds and on them the gradient is dy.

    Bounds are numbers, or tensors that broadcast, or None. Where min > max it is max; NaN stays.
    Dtypes: all but bool, promoted with the bounds.

    >>> import dlcore as dl
    >>> dl.clamp(dl.tensor([-1.0, 0.5, 2.0]), 0, 1)
    tensor([0. , 0.5, 1. ])

    Raises:
        OptionError: no bound.
    """
    bounds = [bound for bound in (min, max) if bound is not None]
    if not bounds:
        raise OptionError(
            "clamp",
            expected="min, max or both",
            received="neither",
            remedy="give at least one bound",
        )
    backend_of("clamp", x)
    x = cast(x, meeting_dtype("clamp", [x, *bounds]))
    if isinstance(min, Tensor):
        x = _bounded(x, min, "maximum", "greater_equal", "less")
        min = None
    if isinstance(max, Tensor):
        if min is not None:
            x = clamp(x, min)
        return _bounded(x, max, "minimum", "less_equal", "greater")
    if min is None and max is None:
        return x
    return by_input("clamp", x, (_limit(min, x.dtype, "min"), _limit(max, x.dtype, "max")))


def _limit(bound: Number | None, dtype: Dtype, end: str) -> Number:
    """A bound as a number of a kind of dtype; the last value there is for None."""
    if bound is not None:
        return number_as(bound, dtype)
    if dtype in FLOATS:
        return float("-inf" if end == "min" else "inf")
    return int(getattr(np.iinfo(dtype), end))


def _bounded(x: Tensor, bound: Tensor, rule: str, inside: str, outside: str) -> Tensor:
    """One bound for each element: x gets the gradient inside, the bound outside."""
    backend = x.backend

    def for_x(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "keep", pointwise(backend, inside, a, b), dy)

    def for_bound(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "keep", pointwise(backend, outside, a, b), dy)

    return by_operands(rule, x, bound, for_x, for_bound)


def where(condition: Tensor, x: Operand, other: Operand) -> Tensor:
    """`x` where the condition holds, else `other`.

    Shapes: any that broadcast. Dtypes: the condition is bool; the others are promoted.

    >>> import dlcore as dl
    >>> x = dl.tensor([-1.0, 2.0])
    >>> dl.where(x > 0, x, 0.0)
    tensor([0., 2.])

    Raises:
        DtypeError: the condition is not bool.
        ShapeError: shapes that do not broadcast.
        DeviceError: tensors on different devices.
    """
    tensors = [operand for operand in (x, other) if isinstance(operand, Tensor)]
    backend = backend_of("where", condition, *tensors)
    _require_mask("where", condition)
    target = meeting_dtype("where", (x, other))
    x, other = (
        cast(operand, target) if isinstance(operand, Tensor) else scalar(operand, target, backend)
        for operand in (x, other)
    )
    mask, a, b = broadcast("where", condition, x, other)
    shapes = x.shape, other.shape
    return result(
        "where",
        pointwise(backend, "where", mask, a, b),
        backend,
        (x, lambda dy: sum_to(backend, pointwise(backend, "keep", mask, dy), shapes[0])),
        (other, lambda dy: sum_to(backend, pointwise(backend, "drop", mask, dy), shapes[1])),
        saved=[condition],
    )


def _where_method(x: Tensor, condition: Tensor, other: Operand) -> Tensor:
    """`x` where the condition holds, else `other`."""
    return where(condition, x, other)


methods("where")(_where_method)


@method
def masked_fill(x: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """`value` where the mask holds, else x, in x's dtype.

    Shapes: any that broadcast; `value` is a number or a tensor without axes.

    >>> import dlcore as dl
    >>> dl.masked_fill(dl.tensor([1.0, 2.0]), dl.tensor([True, False]), 0)
    tensor([0., 2.])

    Raises:
        DtypeError: the mask is not bool.
        ShapeError: shapes that do not broadcast.
    """
    if isinstance(value, Tensor):
        return where(mask, cast(value, x.dtype), x)
    backend = backend_of("masked_fill", x, mask)
    _require_mask("masked_fill", mask)
    flags, a = broadcast("masked_fill", mask, x)
    shape = x.shape
    return result(
        "masked_fill",
        pointwise(backend, "replace", flags, a, parameters=(number_as(value, x.dtype),)),
        backend,
        (x, lambda dy: sum_to(backend, pointwise(backend, "drop", flags, dy), shape)),
        saved=[mask],
    )


def _require_mask(operation: str, mask: Tensor) -> None:
    if mask.dtype != boolean:
        raise DtypeError(
            operation,
            expected="a bool condition",
            received=f"one of dtype {mask.dtype.name}",
            remedy="compare it with something, such as condition != 0",
        )


@method
def lerp(x: Tensor, end: Tensor, weight: Operand) -> Tensor:
    """x + weight (end - x): x at weight 0, end at weight 1.

    >>> import dlcore as dl
    >>> dl.lerp(dl.tensor([0.0]), dl.tensor([10.0]), 0.25)
    tensor([2.5])
    """
    return x + (end - x) * weight


@method
def heaviside(x: Tensor, values: Tensor) -> Tensor:
    """0 for negative x, `values` where x is 0, else 1; no gradient.

    >>> import dlcore as dl
    >>> dl.heaviside(dl.tensor([-1.0, 0.0, 2.0]), dl.tensor(0.5))
    tensor([0. , 0.5, 1. ])
    """
    return fact("heaviside", x, values)


@method
def maximum(x: Tensor, other: Tensor) -> Tensor:
    """The larger of x and other, NaN if either is; equal ones share the gradient.

    >>> import dlcore as dl
    >>> dl.maximum(dl.tensor([1.0, 5.0]), dl.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return _choice("maximum", x, other)


@method
def minimum(x: Tensor, other: Tensor) -> Tensor:
    """The smaller of x and other, NaN if either is; equal ones share the gradient.

    >>> import dlcore as dl
    >>> dl.minimum(dl.tensor([1.0, 5.0]), dl.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return _choice("minimum", x, other)


def _choice(rule: str, x: Tensor, other: Tensor) -> Tensor:
    def first(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "maximum_gradient", dy, a, b)

    def second(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "maximum_gradient", dy, b, a)

    backend = x.backend
    rules = (first, second) if rule == "maximum" else (second, first)
    return by_operands(rule, x, other, *rules)
