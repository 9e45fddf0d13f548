"""Functions of single elements: forward and backward.

Shapes: any; the result has x's shape and memory order. Dtypes: floats, computed in fp32 at least;
integers give float32, except in `square`, `abs`, `sign` and rounding, which keep them.
"""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import clone
from dlcore.ops.operands import backend_of
from dlcore.ops.rules import by_input, by_output, stepwise
from dlcore.tensors import Tensor


@method
def reciprocal(x: Tensor) -> Tensor:
    """1 / x."""
    return by_output("reciprocal", x, into_float=True)


@method
def sqrt(x: Tensor) -> Tensor:
    """The square root; NaN below 0, an infinite gradient at 0.

    >>> import dlcore as dl
    >>> dl.sqrt(dl.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return by_output("sqrt", x, into_float=True)


def sqrt_or_zero(x: Tensor) -> Tensor:
    """The square root, with gradient 0 at 0, as a standard deviation has it."""
    return by_output("sqrt", x, "sqrt_or_zero_gradient")


@method
def rsqrt(x: Tensor) -> Tensor:
    """1 / sqrt(x)."""
    return by_output("rsqrt", x, into_float=True)


@method
def square(x: Tensor) -> Tensor:
    """x x. Dtypes: all but bool."""
    return by_input("square", x)


@method
def exp(x: Tensor) -> Tensor:
    """e^x.

    >>> import dlcore as dl
    >>> dl.exp(dl.tensor([0, 1]))
    tensor([1.    , 2.7183])
    """
    return by_output("exp", x, "multiply", into_float=True)


@method
def exp2(x: Tensor) -> Tensor:
    """2^x."""
    return by_output("exp2", x, into_float=True)


@method
def expm1(x: Tensor) -> Tensor:
    """e^x - 1, exact for small x."""
    return by_output("expm1", x, into_float=True)


@method
def log(x: Tensor) -> Tensor:
    """The natural logarithm; -Inf at 0, NaN below.

    >>> import dlcore as dl
    >>> dl.log(dl.tensor([1.0, 0.0]))
    tensor([  0., -inf])
    """
    return by_input("log", x, gradient="divide", into_float=True)


@method
def log1p(x: Tensor) -> Tensor:
    """log(1 + x), exact for small x."""
    return by_input("log1p", x, into_float=True)


@method
def log2(x: Tensor) -> Tensor:
    """The logarithm to base 2."""
    return by_input("log2", x, into_float=True)


@method
def log10(x: Tensor) -> Tensor:
    """The logarithm to base 10."""
    return by_input("log10", x, into_float=True)


@method
def sin(x: Tensor) -> Tensor:
    """The sine of radians."""
    return by_input("sin", x, into_float=True)


@method
def cos(x: Tensor) -> Tensor:
    """The cosine of radians."""
    return by_input("cos", x, into_float=True)


@method
def tan(x: Tensor) -> Tensor:
    """The tangent of radians."""
    return by_output("tan", x, into_float=True)


@methods("asin", "arcsin")
def asin(x: Tensor) -> Tensor:
    """The angle with sine x, NaN where |x| > 1."""
    return by_input("asin", x, into_float=True)


@methods("acos", "arccos")
def acos(x: Tensor) -> Tensor:
    """The angle with cosine x, NaN where |x| > 1."""
    return by_input("acos", x, into_float=True)


@methods("atan", "arctan")
def atan(x: Tensor) -> Tensor:
    """The angle with tangent x."""
    return by_input("atan", x, into_float=True)


@method
def sinh(x: Tensor) -> Tensor:
    """The hyperbolic sine."""
    return by_input("sinh", x, into_float=True)


@method
def cosh(x: Tensor) -> Tensor:
    """The hyperbolic cosine."""
    return by_input("cosh", x, into_float=True)


@method
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent.

    >>> import dlcore as dl
    >>> dl.tanh(dl.tensor([0.0, 1.0]))
    tensor([0.    , 0.7616])
    """
    return by_output("tanh", x, into_float=True)


@method
def erf(x: Tensor) -> Tensor:
    """The error function, 2 / sqrt(pi) times the integral of e^(-t t) from 0 to x.

    Source: W. J. Cody, Rational Chebyshev approximations for the error function, 1969.
    """
    return by_input("erf", x, into_float=True)


@methods("abs", "absolute", "__abs__")
def abs(x: Tensor) -> Tensor:
    """|x|, with gradient 0 at 0. Dtypes: all but bool."""
    return by_input("absolute", x)


@method
def sign(x: Tensor) -> Tensor:
    """1 for positive, -1 for negative x, else 0, also for NaN; its gradient is 0.

    >>> import dlcore as dl
    >>> dl.sign(dl.tensor([-2.0, 0.0, 5.0]))
    tensor([-1.,  0.,  1.])
    """
    return stepwise("sign", x)


@method
def floor(x: Tensor) -> Tensor:
    """The largest integer that is not above x; the gradient of all rounding is 0."""
    return _rounded("floor", x)


@method
def ceil(x: Tensor) -> Tensor:
    """The smallest integer that is not below x."""
    return _rounded("ceil", x)


@method
def round(x: Tensor) -> Tensor:
    """The nearest integer, the even one where two are.

    >>> import dlcore as dl
    >>> dl.round(dl.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    """
    return _rounded("round", x)


@methods("trunc", "fix")
def trunc(x: Tensor) -> Tensor:
    """The integer part, toward 0."""
    return _rounded("trunc", x)


def _rounded(rule: str, x: Tensor) -> Tensor:
    backend_of(rule, x)
    return stepwise(rule, x) if x.dtype in FLOATS else clone(x)
