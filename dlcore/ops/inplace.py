"""Operations that write into a tensor's memory, and what each has to ask and to note.

They are for tensors outside of the graph, or under `dl.no_grad()`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dlcore.autograd import is_grad_enabled, no_grad
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import FLOATS, Dtype, boolean, order_of
from dlcore.errors import DtypeError, GraphError, ShapeError
from dlcore.ops.activation import relu, sigmoid
from dlcore.ops.arithmetic import add, mul, neg, sub, true_divide
from dlcore.ops.attach import method, methods
from dlcore.ops.convert import to
from dlcore.ops.elementwise import abs, exp, log, sqrt, tanh
from dlcore.ops.operands import backend_of, broadcast, number_as
from dlcore.ops.power import pow
from dlcore.ops.rules import Operand
from dlcore.ops.select import clamp, lerp, masked_fill
from dlcore.ops.shape import squeeze, unsqueeze
from dlcore.tensors import Number, Tensor


def require_outside_graph(operation: str, x: Tensor, *values: object) -> None:
    """Refuse to write where a gradient would have to know of it.

    Raises:
        GraphError: x, or a tensor written into it, requires a gradient.
    """
    tensors = [value for value in (x, *values) if isinstance(value, Tensor)]
    if is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        raise GraphError(
            operation,
            expected="tensors that require no gradient, as results are written in place",
            received=f"a tensor of shape {x.shape}, and a gradient is required",
            remedy="do it under dl.no_grad(), or use an operation that makes a new tensor",
        )


def written(x: Tensor) -> Tensor:
    """Note that the memory of `x` has changed."""
    x.version.count += 1
    return x


def _update(operation: str, x: Tensor, change: Callable[..., Tensor], *values: Any) -> Tensor:
    """Write change(x, *values) into x's memory.

    Raises:
        GraphError: a gradient would have to know of it.
        DtypeError: the result is of a higher kind than x, as a float is for integers.
        ShapeError: the result has another shape.
    """
    require_outside_graph(operation, x, *values)
    with no_grad():
        y = change(x, *values)
    if _rank(y.dtype) > _rank(x.dtype):
        raise DtypeError(
            operation,
            expected=f"a result that {x.dtype.name} can hold",
            received=f"a result of dtype {y.dtype.name}",
            remedy="convert the tensor first, or use the operation that makes a new tensor",
        )
    order = order_of(x.array)
    primitives.copy.into(x.backend, x.array, y.array, dtype=x.dtype, order=order)
    return written(x)


def _rank(dtype: Dtype) -> int:
    """Bool below integers below floats."""
    return 2 if dtype in FLOATS else int(dtype != boolean)


def _by_rule(rule: str, change: Callable[..., Tensor], x: Tensor, other: Any) -> Tensor:
    """As `_update`, in one pass over x where nothing has to be converted."""
    if isinstance(other, Tensor) and other.dtype == x.dtype and other.backend is x.backend:
        require_outside_graph(rule, x, other)
        a, b = broadcast(rule, x, other)
        if a.shape == x.shape and (x.dtype in FLOATS or rule != "divide"):
            primitives.pointwise.into(x.backend, x.array, a, b, rule=rule, parameters=())
            return written(x)
    return _update(rule, x, change, other)


@methods("add_", "__iadd__")
def add_(x: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """Add alpha other to x, in place.

    >>> import dlcore as dl
    >>> x = dl.tensor([1.0, 2.0])
    >>> x += 1
    >>> x
    tensor([2., 3.])

    Raises:
        GraphError: a gradient would have to know of it.
        DtypeError: the result is of a higher kind than x, as a float is for integers.
        ShapeError: the result has another shape.
    """
    return _by_rule("add", add, x, other if alpha == 1 else other * alpha)


@methods("sub_", "subtract_", "__isub__")
def sub_(x: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """Subtract alpha other from x, in place; errors of all in-place operations as `add_`."""
    return _by_rule("subtract", sub, x, other if alpha == 1 else other * alpha)


@methods("mul_", "multiply_", "__imul__")
def mul_(x: Tensor, other: Operand) -> Tensor:
    """Multiply x by other, in place."""
    return _by_rule("multiply", mul, x, other)


@methods("div_", "divide_", "__itruediv__")
def div_(x: Tensor, other: Operand) -> Tensor:
    """Divide x by other, in place."""
    return _by_rule("divide", true_divide, x, other)


@methods("pow_", "__ipow__")
def pow_(x: Tensor, exponent: Operand) -> Tensor:
    """Raise x to a power, in place."""
    return _update("pow_", x, pow, exponent)


@method
def relu_(x: Tensor) -> Tensor:
    """Write 0 over negative elements, in place."""
    return _update("relu_", x, relu)


@method
def sigmoid_(x: Tensor) -> Tensor:
    """Write 1 / (1 + e^-x) over x, in place."""
    return _update("sigmoid_", x, sigmoid)


@method
def tanh_(x: Tensor) -> Tensor:
    """Write the hyperbolic tangent of x over it, in place."""
    return _update("tanh_", x, tanh)


@method
def exp_(x: Tensor) -> Tensor:
    """Write e^x over x, in place."""
    return _update("exp_", x, exp)


@method
def log_(x: Tensor) -> Tensor:
    """Write the natural logarithm of x over it, in place."""
    return _update("log_", x, log)


@method
def sqrt_(x: Tensor) -> Tensor:
    """Write the square root of x over it, in place."""
    return _update("sqrt_", x, sqrt)


@methods("abs_", "absolute_")
def abs_(x: Tensor) -> Tensor:
    """Drop x's sign, in place."""
    return _update("abs_", x, abs)


@method
def squeeze_(x: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Take axes of length 1 away from x itself; its memory stays."""
    require_outside_graph("squeeze_", x)
    x.array = squeeze(x, dim).array
    return x


@method
def unsqueeze_(x: Tensor, dim: int) -> Tensor:
    """Give x itself a new axis of length 1; its memory stays."""
    require_outside_graph("unsqueeze_", x)
    x.array = unsqueeze(x, dim).array
    return x


@method
def neg_(x: Tensor) -> Tensor:
    """Change x's sign, in place."""
    return _update("neg_", x, neg)


@methods("clamp_", "clip_")
def clamp_(x: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """Bring x between two bounds, in place."""
    return _update("clamp_", x, clamp, min, max)


@method
def masked_fill_(x: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """Write `value` into x where the mask holds, in place."""
    return _update("masked_fill_", x, masked_fill, mask, value)


@method
def lerp_(x: Tensor, end: Tensor, weight: Operand) -> Tensor:
    """Move x toward `end`, in place."""
    return _update("lerp_", x, lerp, end, weight)


@method
def fill_(x: Tensor, value: Operand) -> Tensor:
    """Write a number, or a tensor with one element, everywhere, in place.

    >>> import dlcore as dl
    >>> dl.zeros(2).fill_(7)
    tensor([7., 7.])
    """
    if isinstance(value, Tensor):
        return copy_(x, value)
    require_outside_graph("fill_", x)
    number, order = number_as(value, x.dtype), order_of(x.array)
    primitives.fill.into(
        x.backend, x.array, shape=x.shape, dtype=x.dtype, order=order, value=number
    )
    return written(x)


@method
def zero_(x: Tensor) -> Tensor:
    """Write 0 everywhere, in place."""
    return fill_(x, 0)


@method
def copy_(x: Tensor, source: Tensor) -> Tensor:
    """Write source's values into x, broadcast and converted to its dtype and device, in place.

    >>> import dlcore as dl
    >>> dl.zeros(2).copy_(dl.tensor([1, 2]))
    tensor([1., 2.])
    """
    require_outside_graph("copy_", x, source)
    backend_of("copy_", source)
    with no_grad():
        values = to(source, device=x.backend)
    view, _ = broadcast("copy_", values, x)
    order = order_of(x.array)
    primitives.copy.into(x.backend, x.array, view, dtype=x.dtype, order=order)
    return written(x)


def _set_data(x: Tensor, source: Tensor) -> None:
    """Write source's values into x, whatever gradient it wants; `x.data` reads them.

    Raises:
        ShapeError: another shape.
    """
    if source.array is x.array:  # after `x.data -= ...`, which has written already
        return
    if source.shape != x.shape:
        raise ShapeError(
            "data",
            expected=f"shape {x.shape}, as its memory is overwritten",
            received=f"shape {source.shape}",
            remedy="make a new tensor or parameter",
        )
    with no_grad():
        copy_(x, source)


Tensor.data = property(Tensor.detach, _set_data)  # type: ignore[assignment]
