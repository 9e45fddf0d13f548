"""How a rule of the pointwise primitive becomes an operation with a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array
from dlcore.ops.copy import cast
from dlcore.ops.operands import autocasted, backend_of, broadcast, promoted, sum_to
from dlcore.promotion import default_dtype
from dlcore.tensors import Number, Tensor

Operand = Tensor | Number
Parameters = tuple[Any, ...]


def pointwise(backend: Backend, rule: str, *operands: Array, parameters: Parameters = ()) -> Array:
    """The primitive, its rule first."""
    return primitives.pointwise(backend, *operands, rule=rule, parameters=parameters)


def by_input(
    rule: str, x: Tensor, parameters: Parameters = (), gradient: str = "", into_float: bool = False
) -> Tensor:
    """A rule of one tensor whose gradient rule, `rule`_gradient if none is named, reads x."""
    x = _prepared(rule, x, into_float)
    backend, a = x.backend, x.array
    gradient = gradient or f"{rule}_gradient"
    return result(
        rule,
        pointwise(backend, rule, a, parameters=parameters),
        backend,
        (x, lambda dy: pointwise(backend, gradient, dy, a, parameters=parameters)),
        saved=[x],
    )


def by_output(rule: str, x: Tensor, gradient: str = "", into_float: bool = False) -> Tensor:
    """A rule of one tensor whose gradient rule reads the result, so that x may go."""
    x = _prepared(rule, x, into_float)
    backend = x.backend
    y = pointwise(backend, rule, x.array)
    gradient = gradient or f"{rule}_gradient"
    return result(
        rule, y, backend, (x, lambda dy: pointwise(backend, gradient, dy, y)), saves_output=True
    )


def stepwise(rule: str, x: Tensor) -> Tensor:
    """A rule of one tensor that is constant between its steps: the gradient is 0."""
    backend = backend_of(rule, x)

    def nothing(dy: Array) -> Array:
        return pointwise(backend, "multiply_number", dy, parameters=(0.0,))

    return result(rule, pointwise(backend, rule, x.array), backend, (x, nothing))


def fact(rule: str, *operands: Operand, parameters: Parameters = ()) -> Tensor:
    """A rule without gradient, such as a comparison, of tensors and numbers."""
    tensors = promoted(rule, *operands)
    backend = tensors[0].backend
    arrays = broadcast(rule, *tensors)
    return result(rule, pointwise(backend, rule, *arrays, parameters=parameters), backend)


def by_operands(
    rule: str,
    x: Operand,
    other: Operand,
    for_x: Callable[[Array, Array, Array], Array],
    for_other: Callable[[Array, Array, Array], Array],
) -> Tensor:
    """A rule of two operands a and b whose gradients are functions of (dy, a, b)."""
    x, other = promoted(rule, x, other)
    a, b = broadcast(rule, x, other)
    backend, shapes = x.backend, (x.shape, other.shape)
    return result(
        rule,
        pointwise(backend, rule, a, b),
        backend,
        (x, lambda dy: sum_to(backend, for_x(dy, a, b), shapes[0])),
        (other, lambda dy: sum_to(backend, for_other(dy, a, b), shapes[1])),
        saved=[x, other],
    )


def _prepared(operation: str, x: Tensor, into_float: bool) -> Tensor:
    backend_of(operation, x)
    if into_float and x.dtype not in FLOATS:
        x = cast(x, default_dtype)
    (x,) = autocasted(operation, x)
    return x


def crosswise(x: Tensor, other: Tensor) -> list[Tensor]:
    """What a product keeps: each operand, if the other one wants a gradient."""
    return [kept for kept, wants in ((other, x), (x, other)) if wants.requires_grad]
