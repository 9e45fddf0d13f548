"""Sums, differences, products and quotients of tensors and numbers: forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array
from dlcore.ops.attach import method, methods
from dlcore.ops.operands import broadcast, promoted, sum_to, with_number
from dlcore.tensor import Number, Tensor

Operand = Tensor | Number


def pointwise(backend: Backend, rule: str, *operands: Array, parameters: Any = ()) -> Array:
    """The primitive, its rule first."""
    return primitives.pointwise(backend, *operands, rule=rule, parameters=parameters)


@methods("add", "__add__", "__radd__")
def add(x: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """The sum x + alpha other.

    Shapes: any that broadcast. Dtypes: all, promoted; bool is a logical or.

    >>> import dlcore as dl
    >>> dl.add(dl.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    if alpha != 1:
        other = other * alpha
    if not isinstance(other, Tensor):
        x, number = with_number("add", x, other)
        y = pointwise(x.backend, "add_number", x.array, parameters=(number,))
        return result("add", y, x.backend, (x, lambda dy: dy))
    return _binary("add", x, other, lambda dy: dy, lambda dy: dy)


def _binary(
    rule: str,
    x: Tensor,
    other: Tensor,
    for_x: Callable[[Array], Array],
    for_other: Callable[[Array], Array],
) -> Tensor:
    """A rule of two tensors whose gradients don't depend on their values."""
    x, other = promoted(rule, x, other)
    a, b = broadcast(rule, x, other)
    backend, shapes = x.backend, (x.shape, other.shape)
    return result(
        rule,
        pointwise(backend, rule, a, b),
        backend,
        (x, lambda dy: for_x(sum_to(backend, dy, shapes[0]))),
        (other, lambda dy: for_other(sum_to(backend, dy, shapes[1]))),
    )


@methods("sub", "subtract", "__sub__")
def sub(x: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """The difference x - alpha other. Shapes and dtypes as `add`, without bool."""
    if alpha != 1:
        other = other * alpha
    if not isinstance(other, Tensor):
        return add(x, -other)
    backend = x.backend
    return _binary(
        "subtract", x, other, lambda dy: dy, lambda dy: pointwise(backend, "negative", dy)
    )


@methods("__rsub__")
def rsub(x: Tensor, other: Operand) -> Tensor:
    """The difference other - x."""
    if isinstance(other, Tensor):
        return sub(other, x)
    x, number = with_number("subtract", x, other)
    backend = x.backend
    y = pointwise(backend, "subtract_from", x.array, parameters=(number,))
    return result("subtract", y, backend, (x, lambda dy: pointwise(backend, "negative", dy)))


@methods("mul", "multiply", "__mul__", "__rmul__")
def mul(x: Tensor, other: Operand) -> Tensor:
    """The product x other. Shapes and dtypes as `add`; bool is a logical and.

    >>> import dlcore as dl
    >>> dl.mul(dl.tensor([1, 2]), 0.5)
    tensor([0.5, 1. ])
    """
    if not isinstance(other, Tensor):
        x, number = with_number("multiply", x, other)
        backend = x.backend

        def scaled(array: Array) -> Array:
            return pointwise(backend, "multiply_number", array, parameters=(number,))

        return result("multiply", scaled(x.array), backend, (x, scaled))
    x, other = promoted("multiply", x, other)
    a, b = broadcast("multiply", x, other)
    backend, shapes = x.backend, (x.shape, other.shape)
    return result(
        "multiply",
        pointwise(backend, "multiply", a, b),
        backend,
        (x, lambda dy: sum_to(backend, pointwise(backend, "multiply", dy, b), shapes[0])),
        (other, lambda dy: sum_to(backend, pointwise(backend, "multiply", dy, a), shapes[1])),
        saved=crosswise(x, other),
    )


def crosswise(x: Tensor, other: Tensor) -> list[Tensor]:
    """What a product keeps: each operand, if the other one wants a gradient."""
    return [kept for kept, wants in ((other, x), (x, other)) if wants.requires_grad]


@methods("true_divide", "__truediv__")
def true_divide(x: Tensor, other: Operand) -> Tensor:
    """The quotient x / other. Shapes as `add`. Dtypes: integers that meet give float32."""
    if not isinstance(other, Tensor):
        x, number = with_number("divide", x, other, into_float=True)
        backend = x.backend

        def divided(array: Array) -> Array:
            return pointwise(backend, "divide_number", array, parameters=(number,))

        return result("divide", divided(x.array), backend, (x, divided))
    x, other = promoted("divide", x, other, into_float=True)
    a, b = broadcast("divide", x, other)
    backend, shapes = x.backend, (x.shape, other.shape)
    y = pointwise(backend, "divide", a, b)
    return result(
        "divide",
        y,
        backend,
        (x, lambda dy: sum_to(backend, pointwise(backend, "divide", dy, b), shapes[0])),
        (
            other,
            lambda dy: sum_to(backend, pointwise(backend, "divide_gradient", dy, y, b), shapes[1]),
        ),
        saved=[other],
        saves_output=other.requires_grad,
    )


@methods("div", "divide")
def div(x: Tensor, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """The quotient x / other."""
    return true_divide(x, other)


@methods("__rtruediv__")
def rdiv(x: Tensor, other: Operand) -> Tensor:
    """The quotient other / x."""
    if isinstance(other, Tensor):
        return true_divide(other, x)
    x, number = with_number("divide", x, other, into_float=True)
    backend = x.backend
    b = x.array
    y = pointwise(backend, "divide_into", b, parameters=(number,))
    return result(
        "divide",
        y,
        backend,
        (x, lambda dy: pointwise(backend, "divide_gradient", dy, y, b)),
        saved=[x],
        saves_output=True,
    )


@methods("neg", "negative", "__neg__")
def neg(x: Tensor) -> Tensor:
    """-x. Dtypes: all but bool."""
    backend = x.backend

    def negated(array: Array) -> Array:
        return pointwise(backend, "negative", array)

    return result("negative", negated(x.array), backend, (x, negated))


__all__ = ["add", "div", "method", "mul", "neg", "pointwise", "sub"]
