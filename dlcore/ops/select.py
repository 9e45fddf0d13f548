"""One value or another, element by element: the larger, clamp, where, masks, interpolation.

In formulas x is the input.
"""

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
def clamp(input: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """The input, but at least `min` and at most `max`; the gradient is dy there and on the bounds.

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
    backend_of("clamp", input)
    input = cast(input, meeting_dtype("clamp", [input, *bounds]))
    if isinstance(min, Tensor):
        input = _bounded(input, min, "maximum", "greater_equal", "less")
        min = None
    if isinstance(max, Tensor):
        if min is not None:
            input = clamp(input, min)
        return _bounded(input, max, "minimum", "less_equal", "greater")
    if min is None and max is None:
        return input
    return by_input(
        "clamp", input, (_limit(min, input.dtype, "min"), _limit(max, input.dtype, "max"))
    )


clip = clamp


@method
def clamp_min(input: Tensor, min: Operand) -> Tensor:
    """The input, but at least `min`."""
    return clamp(input, min=min)


@method
def clamp_max(input: Tensor, max: Operand) -> Tensor:
    """The input, but at most `max`."""
    return clamp(input, max=max)


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


def where(condition: Tensor, input: Operand, other: Operand) -> Tensor:
    """`input` where the condition holds, else `other`.

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
    tensors = [operand for operand in (input, other) if isinstance(operand, Tensor)]
    backend = backend_of("where", condition, *tensors)
    _require_mask("where", condition)
    target = meeting_dtype("where", (input, other))
    input, other = (
        cast(operand, target) if isinstance(operand, Tensor) else scalar(operand, target, backend)
        for operand in (input, other)
    )
    mask, a, b = broadcast("where", condition, input, other)
    shapes = input.shape, other.shape
    return result(
        "where",
        pointwise(backend, "where", mask, a, b),
        backend,
        (input, lambda dy: sum_to(backend, pointwise(backend, "keep", mask, dy), shapes[0])),
        (other, lambda dy: sum_to(backend, pointwise(backend, "drop", mask, dy), shapes[1])),
        saved=[condition],
    )


def _where_method(x: Tensor, condition: Tensor, other: Operand) -> Tensor:
    """`x` where the condition holds, else `other`."""
    return where(condition, x, other)


methods("where")(_where_method)


@method
def masked_fill(input: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """`value` where the mask holds, else `input`, in its dtype.

    Shapes: any that broadcast; `value` is a number or a tensor without axes.

    >>> import dlcore as dl
    >>> dl.masked_fill(dl.tensor([1.0, 2.0]), dl.tensor([True, False]), 0)
    tensor([0., 2.])

    Raises:
        DtypeError: the mask is not bool.
        ShapeError: shapes that do not broadcast.
    """
    if isinstance(value, Tensor):
        return where(mask, cast(value, input.dtype), input)
    backend = backend_of("masked_fill", input, mask)
    _require_mask("masked_fill", mask)
    flags, a = broadcast("masked_fill", mask, input)
    shape = input.shape
    return result(
        "masked_fill",
        pointwise(backend, "replace", flags, a, parameters=(number_as(value, input.dtype),)),
        backend,
        (input, lambda dy: sum_to(backend, pointwise(backend, "drop", flags, dy), shape)),
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
def lerp(input: Tensor, end: Tensor, weight: Operand) -> Tensor:
    """x + weight (end - x): x at weight 0, end at weight 1.

    >>> import dlcore as dl
    >>> dl.lerp(dl.tensor([0.0]), dl.tensor([10.0]), 0.25)
    tensor([2.5])
    """
    return input + (end - input) * weight


@method
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 for negative x, `values` where x is 0, else 1; no gradient.

    >>> import dlcore as dl
    >>> dl.heaviside(dl.tensor([-1.0, 0.0, 2.0]), dl.tensor(0.5))
    tensor([0. , 0.5, 1. ])
    """
    return fact("heaviside", input, values)


@method
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of both, NaN if either is; equal ones share the gradient.

    >>> import dlcore as dl
    >>> dl.maximum(dl.tensor([1.0, 5.0]), dl.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return _choice("maximum", input, other)


@method
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of both, NaN if either is; equal ones share the gradient.

    >>> import dlcore as dl
    >>> dl.minimum(dl.tensor([1.0, 5.0]), dl.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return _choice("minimum", input, other)


def _choice(rule: str, x: Tensor, other: Tensor) -> Tensor:
    def first(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "maximum_gradient", dy, a, b)

    def second(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "maximum_gradient", dy, b, a)

    backend = x.backend
    rules = (first, second) if rule == "maximum" else (second, first)
    return by_operands(rule, x, other, *rules)
