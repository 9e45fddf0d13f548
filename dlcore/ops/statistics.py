"""Variance, standard deviation and norms of tensors: forward and backward.

In formulas x is the input.
"""

from __future__ import annotations

from math import isinf, prod
from typing import Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, order_of
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.arithmetic import sub
from dlcore.ops.attach import method
from dlcore.ops.elementwise import abs, sqrt_or_zero
from dlcore.ops.extremes import amax, amin
from dlcore.ops.reduce import Dims, axes_of, converted, spread
from dlcore.ops.shape import unsqueeze
from dlcore.tensors import Number, Tensor


@method
def var_mean(
    input: Tensor,
    dim: Dims = None,
    *,
    unbiased: bool = True,
    correction: Number | None = None,
    keepdim: bool = False,
) -> tuple[Tensor, Tensor]:
    """The variance sum (x - mean)^2 / (n - correction) along axes `dim`, and the mean.

    Shapes: input: any; both results: without these axes, or with length 1 there if `keepdim`.
    Dtypes: floats; computed in fp32 at least, in two passes.

    `unbiased=False` is correction 0, as in PyTorch.

    >>> import dlcore as dl
    >>> [t.item() for t in dl.var_mean(dl.tensor([1.0, 3.0]))]
    [2.0, 2.0]

    Raises:
        DtypeError: not a float.
        ShapeError: no such axis, or one given twice.
    """
    correction = float(unbiased if correction is None else correction)
    input = converted("var", input)
    backend, a, axes = input.backend, input.array, axes_of("var", input, dim)
    count = prod(a.shape[axis] for axis in axes)
    v, m = primitives.variance(backend, a, axes=axes, correction=correction, keepdims=keepdim)
    divisor = max(count - correction, 0.0)

    def from_variance(dy: Array) -> Array:
        """2 dv (x - m) / divisor."""
        centre = spread(backend, m, a.shape, axes, keepdim)
        dv = spread(backend, dy, a.shape, axes, keepdim)
        return primitives.pointwise(
            backend, dv, a, centre, rule="variance_gradient", parameters=(divisor,)
        )

    def from_mean(dy: Array) -> Array:
        share = primitives.pointwise(backend, dy, rule="divide_number", parameters=(float(count),))
        return spread(backend, share, a.shape, axes, keepdim)

    average = result("mean", m, backend, (input, from_mean))
    return result("var", v, backend, (input, from_variance), saved=[input, average]), average


@method
def var(
    input: Tensor,
    dim: Dims = None,
    *,
    unbiased: bool = True,
    correction: Number | None = None,
    keepdim: bool = False,
) -> Tensor:
    """The variance along axes `dim`; arguments as `var_mean`.

    >>> import dlcore as dl
    >>> dl.var(dl.tensor([1.0, 3.0]), correction=0).item()
    1.0
    """
    return var_mean(input, dim, unbiased=unbiased, correction=correction, keepdim=keepdim)[0]


@method
def std(
    input: Tensor,
    dim: Dims = None,
    *,
    unbiased: bool = True,
    correction: Number | None = None,
    keepdim: bool = False,
) -> Tensor:
    """The square root of `var`; its gradient is 0 where it is 0.

    >>> import dlcore as dl
    >>> dl.std(dl.tensor([1.0, 3.0]), correction=0).item()
    1.0
    """
    return sqrt_or_zero(var(input, dim, unbiased=unbiased, correction=correction, keepdim=keepdim))


@method
def std_mean(
    input: Tensor,
    dim: Dims = None,
    *,
    unbiased: bool = True,
    correction: Number | None = None,
    keepdim: bool = False,
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean; arguments as `var_mean`."""
    variance, average = var_mean(
        input, dim, unbiased=unbiased, correction=correction, keepdim=keepdim
    )
    return sqrt_or_zero(variance), average


def vector_norm(
    x: Tensor, ord: Number = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """(sum |x|^ord)^(1 / ord) along axes `dim`, of all elements if None.

    `ord` inf is the largest |x|, -inf the smallest, 0 the number of x that are not 0.
    Shapes: x: any; the result: without these axes, or with length 1 there if `keepdim`.
    Dtypes: floats, `dtype` converts x first; sums in fp32 at least. Where the norm is 0, so is the
    gradient.

    >>> import dlcore as dl
    >>> vector_norm(dl.tensor([3.0, 4.0])).item()
    5.0

    Raises:
        DtypeError: not a float.
        ShapeError: no such axis, one given twice, or no elements for an infinite order.
    """
    x = converted("norm", x, dtype)
    order = float(ord)
    axes = axes_of("vector_norm", x, dim)
    if isinf(order):  # equal elements share the gradient, as in amax
        return (amax if order > 0 else amin)(abs(x), axes or None, keepdim)
    backend, a = x.backend, x.array
    y = primitives.vector_norm(backend, a, order=order, axes=axes, keepdims=keepdim)

    def gradient(dy: Array) -> Array:
        if order == 0:  # a count: constant between its steps
            return primitives.fill(
                backend, shape=a.shape, dtype=a.dtype, order=order_of(a), value=0
            )
        total, dy = (spread(backend, array, a.shape, axes, keepdim) for array in (y, dy))
        return primitives.pointwise(
            backend, dy, a, total, rule="norm_gradient", parameters=(order,)
        )

    return result("vector_norm", y, backend, (x, gradient), saved=[x], saves_output=True)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0) -> Tensor:
    """The distance of order `p` of every row of x1 from every row of x2.

    Shapes: x1: (..., P, D); x2: (..., R, D); the result: (..., P, R). All P R D differences are
    kept in memory.

    >>> import dlcore as dl
    >>> dl.cdist(dl.tensor([[0.0, 0.0]]), dl.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])

    Raises:
        ShapeError: fewer than 2 axes, or shapes that do not fit.
    """
    for x in (x1, x2):
        if x.ndim < 2 or x.shape[-1] != x1.shape[-1]:
            raise ShapeError(
                "cdist",
                expected="rows of one length: (..., P, D) and (..., R, D)",
                received=f"{x1.shape} and {x2.shape}",
                remedy="add the missing axis with unsqueeze",
            )
    return vector_norm(sub(unsqueeze(x1, -2), unsqueeze(x2, -3)), p, -1)


@method
def norm(
    input: Tensor,
    p: Number | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    dtype: Any = None,
) -> Tensor:
    """The `vector_norm` of order `p`; "fro" and None are 2.

    >>> import dlcore as dl
    >>> dl.norm(dl.tensor([3.0, 4.0])).item()
    5.0

    Raises:
        OptionError: another name; errors of `vector_norm`.
    """
    if p is None or p == "fro":
        p = 2
    if isinstance(p, str):
        raise OptionError(
            "norm",
            expected="a number or 'fro'",
            received=repr(p),
            remedy="give the order, such as 1, 2 or float('inf')",
        )
    return vector_norm(input, p, dim, keepdim, dtype=dtype)
