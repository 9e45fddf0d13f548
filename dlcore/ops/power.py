"""Powers of tensors and numbers: forward and backward; in formulas x is the input."""

from __future__ import annotations

from dlcore.autograd import result
from dlcore.backend.interface.array import FLOATS, Array
from dlcore.errors import DtypeError
from dlcore.ops.attach import methods
from dlcore.ops.elementwise import square
from dlcore.ops.operands import broadcast, promoted, sum_to, with_number
from dlcore.ops.rules import Operand, pointwise
from dlcore.tensors import Tensor


@methods("pow", "__pow__")
def pow(input: Tensor, exponent: Operand) -> Tensor:
    """x to a power. Integers with a negative exponent: 1 / x^n rounded toward 0, for tensors only.

    >>> import dlcore as dl
    >>> dl.tensor([1.0, 2.0, 3.0]) ** 2
    tensor([1., 4., 9.])

    Raises:
        DtypeError: integers to a negative number; and the errors of `add`.
    """
    if isinstance(exponent, Tensor):
        return _power(input, exponent)
    input, number = with_number("pow", input, exponent)
    if input.dtype not in FLOATS and number < 0:
        raise DtypeError(
            "pow",
            expected="a float tensor, or an exponent that is not negative",
            received=f"a tensor of dtype {input.dtype.name} to the power {number}",
            remedy="convert it with .float() first",
        )
    if number == 2:
        return square(input)
    backend, a = input.backend, input.array
    parameters = (number,)
    return result(
        "pow",
        pointwise(backend, "power_number", a, parameters=parameters),
        backend,
        (
            input,
            lambda dy: pointwise(backend, "power_number_gradient", dy, a, parameters=parameters),
        ),
        saved=[input],
    )


def _power(x: Tensor, exponent: Tensor) -> Tensor:
    x, exponent = promoted("pow", x, exponent)
    a, b = broadcast("pow", x, exponent)
    backend, shapes = x.backend, (x.shape, exponent.shape)
    y = pointwise(backend, "power", a, b)

    def for_base(dy: Array) -> Array:
        return sum_to(backend, pointwise(backend, "power_gradient", dy, a, b), shapes[0])

    def for_exponent(dy: Array) -> Array:
        return sum_to(backend, pointwise(backend, "exponent_gradient", dy, a, b, y), shapes[1])

    return result(
        "pow",
        y,
        backend,
        (x, for_base),
        (exponent, for_exponent),
        saved=[x, exponent],
        saves_output=exponent.requires_grad,
    )


@methods("__rpow__")
def rpow(x: Tensor, base: Operand) -> Tensor:
    """base to the power x."""
    if isinstance(base, Tensor):
        return _power(base, x)
    x, number = with_number("pow", x, base)
    backend, a = x.backend, x.array
    y = pointwise(backend, "number_power", a, parameters=(number,))

    def gradient(dy: Array) -> Array:
        return pointwise(backend, "number_power_gradient", dy, a, y, parameters=(number,))

    return result("pow", y, backend, (x, gradient), saved=[x], saves_output=True)
