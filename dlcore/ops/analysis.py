"""Functions of one or two numbers that are neither arithmetic nor activations.

In formulas x is the input. Shapes: any that broadcast. Dtypes: floats, computed in fp32 at least;
integers give float32, except in `nan_to_num`, which keeps them.
"""

from __future__ import annotations

from dlcore.autograd import result
from dlcore.backend.interface.array import FLOATS, Array
from dlcore.ops.arithmetic import rsub, true_divide
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import clone
from dlcore.ops.elementwise import log
from dlcore.ops.inquiry import finfo
from dlcore.ops.operands import backend_of, promoted
from dlcore.ops.rules import by_operands, pointwise
from dlcore.ops.select import clamp
from dlcore.tensors import Tensor


@methods("atan2", "arctan2")
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle of the point (other, input), from -pi to pi.

    >>> import dlcore as dl
    >>> dl.atan2(dl.tensor([0.0, 1.0]), dl.tensor([-1.0, 0.0]))
    tensor([3.1416, 1.5708])
    """
    input, other = promoted("atan2", input, other, into_float=True)
    backend = input.backend

    def for_input(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "atan2_gradient", dy, a, b)

    def for_other(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "negative", pointwise(backend, "atan2_gradient", dy, b, a))

    return by_operands("atan2", input, other, for_input, for_other)


arctan2 = atan2


@method
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """log(e^input + e^other), without overflow.

    >>> import dlcore as dl
    >>> dl.logaddexp(dl.tensor([1000.0]), dl.tensor([1000.0]))
    tensor([1000.6932])
    """
    input, other = promoted("logaddexp", input, other, into_float=True)
    backend = input.backend

    def for_input(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "logaddexp_gradient", dy, a, b)

    def for_other(dy: Array, a: Array, b: Array) -> Array:
        return pointwise(backend, "logaddexp_gradient", dy, b, a)

    return by_operands("logaddexp", input, other, for_input, for_other)


@method
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """log(x / (1 - x)), x brought between eps and 1 - eps first if `eps` is given.

    >>> import dlcore as dl
    >>> dl.logit(dl.tensor([0.5, 1.0]), eps=0.25)
    tensor([0.    , 1.0986])
    """
    (x,) = promoted("logit", input, into_float=True)
    if eps is not None:
        x = clamp(x, eps, 1 - eps)
    return log(true_divide(x, rsub(x, 1)))


@method
def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """The input, with numbers in place of NaN and infinities; their gradient is 0.

    Args:
        input: integers are copied.
        nan: for NaN; 0 if None.
        posinf: for infinity; the largest finite number of the dtype if None.
        neginf: for minus infinity; the smallest if None.

    >>> import dlcore as dl
    >>> dl.nan_to_num(dl.tensor([float("nan"), float("inf")]), posinf=9.0)
    tensor([0., 9.])
    """
    backend = backend_of("nan_to_num", input)
    if input.dtype not in FLOATS:
        return clone(input)
    limits, a = finfo(input.dtype), input.array
    high = limits.max if posinf is None else float(posinf)
    low = limits.min if neginf is None else float(neginf)

    def gradient(dy: Array) -> Array:
        return pointwise(backend, "keep", pointwise(backend, "isfinite", a), dy)

    parameters = (0.0 if nan is None else float(nan), high, low)
    y = pointwise(backend, "nan_to_num", a, parameters=parameters)
    return result("nan_to_num", y, backend, (input, gradient), saved=[input])
