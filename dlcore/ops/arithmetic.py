"""Sums, products and quotients of tensors and numbers: forward and backward.

In formulas x is the input. All take tensors of any shapes that broadcast, and Python numbers.
Dtypes are promoted as in PyTorch; 16-bit floats are computed in fp32 and rounded once.
"""

from __future__ import annotations

from dlcore.autograd import result
from dlcore.backend.interface.array import FLOATS, Array
from dlcore.backend.interface.checks import require_option
from dlcore.errors import DtypeError
from dlcore.ops.attach import method, methods
from dlcore.ops.elementwise import trunc
from dlcore.ops.operands import broadcast, number_as, promoted, sum_to, with_number
from dlcore.ops.rules import Operand, by_operands, crosswise, fact, pointwise
from dlcore.tensors import Number, Tensor


@methods("add", "__add__", "__radd__")
def add(input: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """The sum x + alpha other. For bool a logical or.

    >>> import dlcore as dl
    >>> dl.add(dl.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])

    Raises:
        ShapeError: shapes that do not broadcast.
        DeviceError: tensors on different devices.
        DtypeError: something that is neither a tensor nor a number.
    """
    if alpha != 1:
        other = other * alpha
    if not isinstance(other, Tensor):
        input, number = with_number("add", input, other)
        y = pointwise(input.backend, "add_number", input.array, parameters=(number,))
        return result("add", y, input.backend, (input, lambda dy: dy))
    input, other = promoted("add", input, other)
    a, b = broadcast("add", input, other)
    backend, shapes = input.backend, (input.shape, other.shape)
    return result(
        "add",
        pointwise(backend, "add", a, b),
        backend,
        (input, lambda dy: sum_to(backend, dy, shapes[0])),
        (other, lambda dy: sum_to(backend, dy, shapes[1])),
    )


@methods("sub", "subtract", "__sub__")
def sub(input: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """The difference x - alpha other. Errors as `add`, and DtypeError for bool.

    >>> import dlcore as dl
    >>> dl.sub(dl.tensor([1.0, 2.0]), 10)
    tensor([-9., -8.])
    """
    if alpha != 1:
        other = other * alpha
    if not isinstance(other, Tensor):
        input, number = with_number("subtract", input, other)
        if isinstance(number, bool):
            raise _no_bool("subtract", input)
        opposite = number_as(-number, input.dtype)  # wraps around: -1 is 255 as uint8
        y = pointwise(input.backend, "add_number", input.array, parameters=(opposite,))
        return result("subtract", y, input.backend, (input, lambda dy: dy))
    input, other = promoted("subtract", input, other)
    a, b = broadcast("subtract", input, other)
    backend, shapes = input.backend, (input.shape, other.shape)
    return result(
        "subtract",
        pointwise(backend, "subtract", a, b),
        backend,
        (input, lambda dy: sum_to(backend, dy, shapes[0])),
        (other, lambda dy: pointwise(backend, "negative", sum_to(backend, dy, shapes[1]))),
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


@methods("neg", "negative", "__neg__")
def neg(input: Tensor) -> Tensor:
    """-x. Dtypes: all but bool.

    >>> import dlcore as dl
    >>> -dl.tensor([1.0])
    tensor([-1.])
    """
    backend = input.backend
    y = pointwise(backend, "negative", input.array)
    return result("negative", y, backend, (input, lambda dy: pointwise(backend, "negative", dy)))


@methods("mul", "multiply", "__mul__", "__rmul__")
def mul(input: Tensor, other: Operand) -> Tensor:
    """The product x other. For bool a logical and. Errors as `add`.

    >>> import dlcore as dl
    >>> dl.mul(dl.tensor([1, 2]), 0.5)
    tensor([0.5, 1. ])
    """
    if not isinstance(other, Tensor):
        return _by_number("multiply", input, other, into_float=False)
    input, other = promoted("multiply", input, other)
    a, b = broadcast("multiply", input, other)
    backend, shapes = input.backend, (input.shape, other.shape)
    return result(
        "multiply",
        pointwise(backend, "multiply", a, b),
        backend,
        (input, lambda dy: sum_to(backend, pointwise(backend, "multiply", dy, b), shapes[0])),
        (other, lambda dy: sum_to(backend, pointwise(backend, "multiply", dy, a), shapes[1])),
        saved=crosswise(input, other),
    )


def _by_number(rule: str, x: Tensor, other: Operand, into_float: bool) -> Tensor:
    """x times or divided by a number, and dy as well."""
    x, number = with_number(rule, x, other, into_float)  # type: ignore[arg-type]
    backend, parameters = x.backend, (number,)

    def scaled(array: Array) -> Array:
        return pointwise(backend, f"{rule}_number", array, parameters=parameters)

    return result(rule, scaled(x.array), backend, (x, scaled))


@methods("div", "divide")
def div(input: Tensor, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """The quotient x / other; integers that meet give float32.

    Args:
        input: a tensor.
        other: a tensor or a number.
        rounding_mode: "floor" rounds down and "trunc" toward 0; integers stay integers then.

    >>> import dlcore as dl
    >>> dl.div(dl.tensor([-7, 7]), 2), dl.div(dl.tensor([-7, 7]), 2, rounding_mode="floor")
    (tensor([-3.5,  3.5]), tensor([-4,  3], dtype=int64))

    Raises:
        OptionError: another rounding mode; and the errors of `add`.
    """
    if rounding_mode is None:
        return true_divide(input, other)
    require_option("div", "rounding_mode", rounding_mode, ("floor", "trunc"))
    if rounding_mode == "floor":
        return floor_divide(input, other)
    quotient = true_divide(*promoted("divide", input, other))
    input, other = promoted("divide", input, other)
    if input.dtype in FLOATS:
        return trunc(quotient)
    down = floor_divide(input, other)  # one too low where the quotient is negative and not whole
    return add(down, _uneven_below_zero(input, other, down))


def _uneven_below_zero(x: Tensor, other: Tensor, down: Tensor) -> Tensor:
    from dlcore.ops.copy import cast

    uneven = fact("not_equal", mul(down, other), x)
    return cast(fact("logical_and", uneven, fact("less", down, 0)), down.dtype)


@methods("true_divide", "__truediv__")
def true_divide(input: Tensor, other: Operand) -> Tensor:
    """The quotient x / other; integers that meet give float32. Errors as `add`."""
    if not isinstance(other, Tensor):
        return _by_number("divide", input, other, into_float=True)
    input, other = promoted("divide", input, other, into_float=True)
    a, b = broadcast("divide", input, other)
    backend, shapes = input.backend, (input.shape, other.shape)
    y = pointwise(backend, "divide", a, b)

    def for_divisor(dy: Array) -> Array:
        return sum_to(backend, pointwise(backend, "divide_gradient", dy, y, b), shapes[1])

    return result(
        "divide",
        y,
        backend,
        (input, lambda dy: sum_to(backend, pointwise(backend, "divide", dy, b), shapes[0])),
        (other, for_divisor),
        saved=[other],
        saves_output=other.requires_grad,
    )


@methods("__rtruediv__")
def rdiv(x: Tensor, other: Operand) -> Tensor:
    """The quotient other / x."""
    if isinstance(other, Tensor):
        return true_divide(other, x)
    x, number = with_number("divide", x, other, into_float=True)
    backend, b = x.backend, x.array
    y = pointwise(backend, "divide_into", b, parameters=(number,))
    return result(
        "divide",
        y,
        backend,
        (x, lambda dy: pointwise(backend, "divide_gradient", dy, y, b)),
        saved=[x],
        saves_output=True,
    )


@methods("floor_divide", "__floordiv__")
def floor_divide(input: Tensor, other: Operand) -> Tensor:
    """The quotient rounded down; its gradient is 0. Integers stay integers.

    Integers divided by 0 are unspecified.

    >>> import dlcore as dl
    >>> dl.tensor([-7, 7]) // 2
    tensor([-4,  3], dtype=int64)
    """
    backend = input.backend

    def nothing(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "multiply_number", dy, parameters=(0.0,))

    return by_operands("floor_divide", input, other, nothing, nothing)


@methods("__rfloordiv__")
def rfloordiv(x: Tensor, other: Operand) -> Tensor:
    """other // x."""
    return floor_divide(*reversed(promoted("floor_divide", x, other)))


@methods("remainder", "__mod__")
def remainder(input: Tensor, other: Operand) -> Tensor:
    """x - other floor(x / other), of the sign of other. Dtypes: all but bool.

    >>> import dlcore as dl
    >>> dl.tensor([-7, 7]) % 4
    tensor([1, 3], dtype=int64)
    """
    backend = input.backend

    def for_other(dy: Array, a: Array, b: Array) -> Array:
        times = pointwise(backend, "floor_divide", a, b)
        return pointwise(backend, "negative", pointwise(backend, "multiply", dy, times))

    return by_operands("remainder", input, other, lambda dy, a, b: dy, for_other)


@method
def fmod(input: Tensor, other: Operand) -> Tensor:
    """x - other trunc(x / other), of the sign of x. Dtypes: all but bool.

    >>> import dlcore as dl
    >>> dl.fmod(dl.tensor([-7, 7]), 4)
    tensor([-3,  3], dtype=int64)
    """
    backend = input.backend

    def for_other(dy: Array, a: Array, b: Array) -> Array:
        times = pointwise(backend, "trunc", pointwise(backend, "divide", a, b))
        return pointwise(backend, "negative", pointwise(backend, "multiply", dy, times))

    return by_operands("fmod", input, other, lambda dy, a, b: dy, for_other)


@method
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """x + value tensor1 tensor2."""
    return add(input, mul(tensor1, tensor2), alpha=value)


@method
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """x + value tensor1 / tensor2."""
    return add(input, true_divide(tensor1, tensor2), alpha=value)


@methods("__rmod__")
def rmod(x: Tensor, other: Operand) -> Tensor:
    """other % x."""
    return remainder(*reversed(promoted("remainder", x, other)))


def _no_bool(operation: str, x: Tensor) -> DtypeError:
    return DtypeError(
        operation,
        expected="numbers",
        received=f"a bool tensor of shape {x.shape} and a bool",
        remedy="use ^ or logical_xor",
    )


subtract, multiply, divide, negative = sub, mul, div, neg


__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "crosswise",
    "div",
    "divide",
    "floor_divide",
    "fmod",
    "mul",
    "multiply",
    "neg",
    "negative",
    "pointwise",
    "remainder",
    "sub",
    "subtract",
    "true_divide",
]
