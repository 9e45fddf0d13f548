"""Functions of single elements: forward and backward.

In formulas x is the input. Shapes: any; the result has its shape and memory order. Dtypes: floats,
computed in fp32 at least; integers give float32, except in `square`, `abs`, `sign` and rounding,
which keep them.
"""

from __future__ import annotations

import builtins

from dlcore.backend.interface.array import FLOATS
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import clone
from dlcore.ops.operands import backend_of
from dlcore.ops.rules import by_input, by_output, stepwise
from dlcore.tensors import Tensor


@method
def reciprocal(input: Tensor) -> Tensor:
    """1 / x."""
    return by_output("reciprocal", input, into_float=True)


@method
def sqrt(input: Tensor) -> Tensor:
    """The square root; NaN below 0, an infinite gradient at 0.

    >>> import dlcore as dl
    >>> dl.sqrt(dl.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return by_output("sqrt", input, into_float=True)


def sqrt_or_zero(x: Tensor) -> Tensor:
    """The square root, with gradient 0 at 0, as a standard deviation has it."""
    return by_output("sqrt", x, "sqrt_or_zero_gradient")


@method
def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(x)."""
    return by_output("rsqrt", input, into_float=True)


@method
def square(input: Tensor) -> Tensor:
    """x x. Dtypes: all but bool."""
    return by_input("square", input)


@method
def exp(input: Tensor) -> Tensor:
    """e^x.

    >>> import dlcore as dl
    >>> dl.exp(dl.tensor([0, 1]))
    tensor([1.    , 2.7183])
    """
    return by_output("exp", input, "multiply", into_float=True)


@method
def exp2(input: Tensor) -> Tensor:
    """2^x."""
    return by_output("exp2", input, into_float=True)


@method
def expm1(input: Tensor) -> Tensor:
    """e^x - 1, exact for small x."""
    return by_output("expm1", input, into_float=True)


@method
def log(input: Tensor) -> Tensor:
    """The natural logarithm; -Inf at 0, NaN below.

    >>> import dlcore as dl
    >>> dl.log(dl.tensor([1.0, 0.0]))
    tensor([  0., -inf])
    """
    return by_input("log", input, gradient="divide", into_float=True)


@method
def log1p(input: Tensor) -> Tensor:
    """log(1 + x), exact for small x."""
    return by_input("log1p", input, into_float=True)


@method
def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2."""
    return by_input("log2", input, into_float=True)


@method
def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10."""
    return by_input("log10", input, into_float=True)


@method
def sin(input: Tensor) -> Tensor:
    """The sine of radians."""
    return by_input("sin", input, into_float=True)


@method
def cos(input: Tensor) -> Tensor:
    """The cosine of radians."""
    return by_input("cos", input, into_float=True)


@method
def tan(input: Tensor) -> Tensor:
    """The tangent of radians."""
    return by_output("tan", input, into_float=True)


@methods("asin", "arcsin")
def asin(input: Tensor) -> Tensor:
    """The angle with sine x, NaN where |x| > 1."""
    return by_input("asin", input, into_float=True)


@methods("acos", "arccos")
def acos(input: Tensor) -> Tensor:
    """The angle with cosine x, NaN where |x| > 1."""
    return by_input("acos", input, into_float=True)


@methods("atan", "arctan")
def atan(input: Tensor) -> Tensor:
    """The angle with tangent x."""
    return by_input("atan", input, into_float=True)


@method
def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine."""
    return by_input("sinh", input, into_float=True)


@method
def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine."""
    return by_input("cosh", input, into_float=True)


@method
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    >>> import dlcore as dl
    >>> dl.tanh(dl.tensor([0.0, 1.0]))
    tensor([0.    , 0.7616])
    """
    return by_output("tanh", input, into_float=True)


@method
def erf(input: Tensor) -> Tensor:
    """The error function, 2 / sqrt(pi) times the integral of e^(-t t) from 0 to x.

    Source: W. J. Cody, Rational Chebyshev approximations for the error function, 1969.
    """
    return by_input("erf", input, into_float=True)


@method
def erfc(input: Tensor) -> Tensor:
    """1 - erf(x), exact for large x."""
    return by_input("erfc", input, into_float=True)


@methods("abs", "absolute", "__abs__")
def abs(input: Tensor) -> Tensor:
    """|x|, with gradient 0 at 0. Dtypes: all but bool."""
    return by_input("absolute", input)


absolute = abs


@method
def sign(input: Tensor) -> Tensor:
    """1 for positive, -1 for negative x, else 0, also for NaN; its gradient is 0.

    >>> import dlcore as dl
    >>> dl.sign(dl.tensor([-2.0, 0.0, 5.0]))
    tensor([-1.,  0.,  1.])
    """
    return stepwise("sign", input)


@method
def floor(input: Tensor) -> Tensor:
    """The largest integer that is not above x; the gradient of all rounding is 0."""
    return _rounded("floor", input)


@method
def ceil(input: Tensor) -> Tensor:
    """The smallest integer that is not below x."""
    return _rounded("ceil", input)


@method
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with so many decimals, the even one where two are.

    10^decimals times the input is rounded, and divided again; for floats alone.

    >>> import dlcore as dl
    >>> dl.round(dl.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    """
    if decimals and input.dtype in FLOATS:
        from dlcore.ops.arithmetic import div, mul

        shift = 10.0 ** builtins.abs(decimals)
        there, back = (mul, div) if decimals > 0 else (div, mul)
        return back(_rounded("round", there(input, shift)), shift)
    return _rounded("round", input)


@methods("trunc", "fix")
def trunc(input: Tensor) -> Tensor:
    """The integer part, toward 0."""
    return _rounded("trunc", input)


def _rounded(rule: str, x: Tensor) -> Tensor:
    backend_of(rule, x)
    return stepwise(rule, x) if x.dtype in FLOATS else clone(x)
