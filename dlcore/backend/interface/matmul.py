"""The product of matrices, with what follows it at no cost: a bias and an activation."""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS, INTEGERS, Array, Shape, Spec
from dlcore.backend.interface.checks import require_dtype, require_option, require_same_dtype
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import ShapeError

ACTIVATIONS = ("none", "relu")


@primitive
def matmul(a: Array, b: Array, bias: Array | None, *, activation: str) -> Array:
    """Y[..., m, n] = f(sum over k of a[..., m, k] b[..., k, n] + bias[n]).

    f is the identity for activation "none" and max(0, y) for "relu". Without a bias it is 0.

    Shapes: a: ... M K, b: ... K N, y: ... M N; the batch axes of a and b are equal, broadcasting is
    done before, by views with stride 0. bias: N. K may be 0: the sum is 0.
    Layout: a and b have any strides, so a transposed operand is a view; y is in C order.
    Dtypes: floats and integers; one for all. Products and sums of 16-bit floats are fp32, rounded
    once after the bias; float64 stays float64; integers wrap around.
    NaN and Inf take part in every product of their row or column: 0 Inf is NaN. ReLU keeps NaN.

    Raises:
        ShapeError: fewer than two axes, K or the batch axes differ, or a bias of another length.
        DtypeError: bool, or dtypes that differ.
        OptionError: an activation of another name.
    """
    require_option("matmul", "activation", activation, ACTIVATIONS)
    require_dtype("matmul", "a", a, FLOATS | INTEGERS)
    require_same_dtype("matmul", a=a, b=b, bias=bias)
    require_inner("matmul", a.shape, b.shape)
    if min(a.ndim, b.ndim) < 2 or a.shape[:-2] != b.shape[:-2]:
        raise ShapeError(
            "matmul",
            expected="two operands with the same batch axes and two more",
            received=f"shapes {a.shape} and {b.shape}",
            remedy="broadcast the batch axes first",
        )
    require_bias("matmul", bias, b.shape[-1])
    return Spec((*a.shape[:-1], b.shape[-1]), a.dtype)


def require_inner(operation: str, a: Shape, b: Shape) -> None:
    """Refuse shapes whose shared axis, the last of a and the last but one of b, differs."""
    if not a or not b:
        raise ShapeError(
            operation,
            expected="operands with at least one axis",
            received=f"shapes {a} and {b}",
            remedy="multiply by a tensor without axes with *",
        )
    place = b[-2:][0]
    if a[-1] != place:
        raise ShapeError(
            operation,
            expected=f"{a[-1]} rows in the second operand, as the first has columns",
            received=f"shapes {a} and {b}",
            remedy="transpose one of them, or check the sizes",
        )


def require_bias(operation: str, bias: Array | None, length: int) -> None:
    """Refuse a bias that is not one row of the product."""
    if bias is not None and bias.shape != (length,):
        raise ShapeError(
            operation,
            expected=f"a bias of shape {(length,)}",
            received=f"shape {bias.shape}",
            remedy="give it one value for each column of the product",
        )
