"""Products of vectors and matrices: forward and backward.

For y = a b, with dy the gradient of y: da = dy bᵀ and db = aᵀ dy. A transposed operand is a view.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, Shape
from dlcore.backend.interface.checks import require_ndim, require_same_dtype
from dlcore.backend.interface.matmul import require_inner
from dlcore.errors import DtypeError, ShapeError
from dlcore.ops.arithmetic import add, crosswise, mul
from dlcore.ops.attach import method, methods
from dlcore.ops.copy import in_shape
from dlcore.ops.operands import autocasted, backend_of, sum_to
from dlcore.ops.shape import unsqueeze
from dlcore.tensors import Number, Tensor


@method
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The product of the last two axes, with the axes before them broadcast; also `a @ b`.

    Shapes: (... M K) and (... K N) give (... M N). An operand with one axis is a row on the left or
    a column on the right, and that axis is missing from the result; two of them give a number.
    Dtypes: floats and integers, both the same; 16-bit floats are summed in fp32.

    >>> import dlcore as dl
    >>> dl.matmul(dl.tensor([[1, 2], [3, 4]]), dl.tensor([1, 10]))
    tensor([21, 43], dtype=int64)

    Raises:
        ShapeError: K differs, batch axes that don't broadcast, or an operand without axes.
        DtypeError: different dtypes, or bool.
    """
    return product("matmul", *autocasted("matmul", input, other))


@method
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices: M K and K N give M N.

    Dtypes, errors: as `matmul`; no broadcasting.
    """
    input, mat2 = autocasted("mm", input, mat2)
    backend_of("mm", input, mat2)
    require_ndim("mm", "input", input.array, 2, "M K")
    require_ndim("mm", "mat2", mat2.array, 2, "K N")
    return product("mm", input, mat2)


@method
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a column: M K and K give M.

    Dtypes, errors: as `matmul`; no broadcasting.
    """
    input, vec = autocasted("mv", input, vec)
    backend_of("mv", input, vec)
    require_ndim("mv", "input", input.array, 2, "M K")
    require_ndim("mv", "vec", vec.array, 1, "K")
    return product("mv", input, vec)


@method
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of matrices in a batch: B M K and B K N give B M N.

    Dtypes, errors: as `matmul`; no broadcasting.
    """
    input, mat2 = autocasted("bmm", input, mat2)
    backend_of("bmm", input, mat2)
    require_ndim("bmm", "input", input.array, 3, "B M K")
    require_ndim("bmm", "mat2", mat2.array, 3, "B K N")
    if input.shape[0] != mat2.shape[0]:
        raise ShapeError(
            "bmm",
            expected="two batches of one length",
            received=f"shapes {input.shape} and {mat2.shape}",
            remedy="use matmul, which broadcasts",
        )
    return product("bmm", input, mat2)


@method
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of products of two vectors: K and K give a tensor without axes.

    Dtypes, errors: as `matmul`; no broadcasting.
    """
    backend_of("dot", input, tensor)
    require_ndim("dot", "input", input.array, 1, "K")
    require_ndim("dot", "tensor", tensor.array, 1, "K")
    return product("dot", input, tensor)


@methods("outer", "ger")
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of two vectors: M and N give M N; y[m, n] = input[m] vec2[n].

    Dtypes: as the product of tensors.
    """
    backend_of("outer", input, vec2)
    require_ndim("outer", "input", input.array, 1, "M")
    require_ndim("outer", "vec2", vec2.array, 1, "N")
    return mul(unsqueeze(input, 1), vec2)


@method
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """Beta input + alpha (mat1 mat2); with beta 0, input's values are not looked at.

    Shapes: mat1: M K, mat2: K N, input: broadcast to M N. Dtypes: as `matmul`, all the same.

    >>> import dlcore as dl
    >>> eye = dl.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> dl.addmm(dl.tensor([10.0, 20.0]), eye, eye, alpha=2)
    tensor([[12., 20.],
            [10., 22.]])
    """
    input, mat1, mat2 = autocasted("addmm", input, mat1, mat2)
    return _added("addmm", input, mm(mat1, mat2), beta, alpha)


@method
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """Beta input + alpha (batch1 batch2) for a batch of matrices.

    Shapes: batch1: B M K, batch2: B K N, input: broadcast to B M N. Dtypes, beta: as `addmm`.
    """
    input, batch1, batch2 = autocasted("baddbmm", input, batch1, batch2)
    return _added("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def _added(operation: str, input: Tensor, y: Tensor, beta: Number, alpha: Number) -> Tensor:
    backend_of(operation, input, y)
    require_same_dtype(operation, input=input.array, product=y.array)
    fits = zip(reversed(input.shape), reversed(y.shape), strict=False)
    if input.ndim > y.ndim or any(length not in (1, wanted) for length, wanted in fits):
        raise ShapeError(
            operation,
            expected=f"an input that broadcasts to the product's shape {y.shape}",
            received=f"shape {input.shape}",
            remedy="reshape it",
        )
    y = y if alpha == 1 else mul(y, alpha)
    if beta == 0:
        return y
    return add(y, input if beta == 1 else mul(input, beta))


@methods("__matmul__")
def _matmul(self: Tensor, other: Any) -> Tensor:
    if not isinstance(other, Tensor):
        raise DtypeError(
            "matmul",
            expected="tensors on both sides of @",
            received=f"a tensor of shape {self.shape} and {type(other).__name__}",
            remedy="wrap the values with dl.tensor",
        )
    return matmul(self, other)


@methods("__rmatmul__")
def _rmatmul(self: Tensor, other: Any) -> Tensor:
    return _matmul(self, other)  # a tensor on the left would have taken it: this one raises


def product(operation: str, a: Tensor, b: Tensor) -> Tensor:
    """`matmul` under the name `operation`: one node of the graph."""
    backend = backend_of(operation, a, b)
    require_same_dtype(operation, first=a.array, second=b.array)
    require_inner(operation, a.shape, b.shape)
    # A vector is a matrix with one row, or one column, which the result loses again.
    left = a.array if a.ndim > 1 else a.array[None]
    right = b.array if b.ndim > 1 else b.array[:, None]
    batch = _batch(operation, left.shape, right.shape)
    shape = (*batch, *left.shape[-2:-1] * (a.ndim > 1), *right.shape[-1:] * (b.ndim > 1))
    if right.ndim == 2:  # one matrix for the whole batch: a single product with many rows
        left = in_shape(backend, left, (prod(left.shape[:-1]), left.shape[-1]))
        batch = ()
    x = backend.expand(left, (*batch, *left.shape[-2:]))
    w = backend.expand(right, (*batch, *right.shape[-2:]))
    y = multiply(backend, x, w)
    full = y.shape

    def left_gradient(dy: Array) -> Array:
        dx = multiply(backend, in_shape(backend, dy, full), transposed(w))
        return in_shape(backend, sum_to(backend, dx, left.shape), a_shape)

    def right_gradient(dy: Array) -> Array:
        dw = multiply(backend, transposed(x), in_shape(backend, dy, full))
        return in_shape(backend, sum_to(backend, dw, right.shape), b_shape)

    a_shape, b_shape = a.shape, b.shape
    return result(
        operation,
        in_shape(backend, y, shape),
        backend,
        (a, left_gradient),
        (b, right_gradient),
        saved=crosswise(a, b),
    )


def multiply(backend: Backend, a: Array, b: Array, bias: Array | None = None) -> Array:
    """The product of the last two axes, plus a bias."""
    return primitives.matmul(backend, a, b, bias, activation="none")


def transposed(array: Array) -> Array:
    """A view with the last two axes exchanged."""
    return array.transpose((*range(array.ndim - 2), array.ndim - 1, array.ndim - 2))


def _batch(operation: str, a: Shape, b: Shape) -> Shape:
    try:
        return np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError as error:
        raise ShapeError(
            operation,
            expected="batch axes whose lengths, counted from the last, are equal or 1",
            received=f"shapes {a} and {b}",
            remedy="reshape one of them, or add axes with unsqueeze",
        ) from error
