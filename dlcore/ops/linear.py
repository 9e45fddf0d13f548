"""Affine maps: forward and backward."""

from __future__ import annotations

from math import prod

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array
from dlcore.backend.interface.checks import require_ndim, require_same_dtype
from dlcore.backend.interface.matmul import require_bias
from dlcore.errors import ShapeError
from dlcore.ops.arithmetic import add, crosswise
from dlcore.ops.copy import in_shape
from dlcore.ops.matmul import matmul, multiply, transposed
from dlcore.ops.operands import autocasted, backend_of
from dlcore.ops.shape import permute, reshape, unsqueeze
from dlcore.tensors import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Y = input weightᵀ + bias along the last axis.

    Shapes: input: ... I, weight: O I, bias: O, y: ... O. Dtypes: floats and integers, all the same;
    16-bit floats are summed in fp32 and rounded after the bias.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import linear
    >>> linear(dl.tensor([1.0, 2.0]), dl.tensor([[10.0, 1.0], [0.0, 3.0]]), dl.tensor([0.0, 0.5]))
    tensor([12. ,  6.5])

    Raises:
        ShapeError: the last axis of input isn't I, or bias isn't O.
        DtypeError: different dtypes, or bool.
    """
    input, weight, bias = autocasted("linear", input, weight, bias)
    backend = backend_of("linear", input, weight, optional=(bias,))
    offset = None if bias is None else bias.array
    require_same_dtype("linear", input=input.array, weight=weight.array, bias=offset)
    require_ndim("linear", "weight", weight.array, 2, "O I")
    if not input.ndim or input.shape[-1] != weight.shape[1]:
        raise ShapeError(
            "linear",
            expected=f"{weight.shape[1]} features along the last axis of input",
            received=f"input of shape {input.shape}, weight of shape {weight.shape}",
            remedy="flatten or transpose input, or build the layer with other in_features",
        )
    require_bias("linear", offset, weight.shape[0])
    shape, w = input.shape, weight.array
    x = in_shape(backend, input.array, (prod(shape[:-1]), shape[-1]))
    y = multiply(backend, x, transposed(w), offset)
    table = y.shape

    def input_gradient(dy: Array) -> Array:
        return in_shape(backend, multiply(backend, in_shape(backend, dy, table), w), shape)

    def weight_gradient(dy: Array) -> Array:
        return multiply(backend, transposed(in_shape(backend, dy, table)), x)

    def bias_gradient(dy: Array) -> Array:
        dy = in_shape(backend, dy, table)
        return primitives.reduce(backend, dy, rule="sum", axes=(0,), keepdims=False)

    return result(
        "linear",
        in_shape(backend, y, (*shape[:-1], table[-1])),
        backend,
        (input, input_gradient),
        (weight, weight_gradient),
        (bias, bias_gradient),
        saved=crosswise(input, weight),
    )


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Y[..., o] = sum over i, j of input1[..., i] weight[o, i, j] input2[..., j] + bias[o].

    Shapes: input1: ... I, input2: ... J, weight: O I J, bias: O, y: ... O; what stands for the dots
    is the same in both. Dtypes: as `linear`.

    Raises:
        ShapeError: shapes that don't fit together. DtypeError: different dtypes, or bool.
    """
    input1, input2, weight, bias = autocasted("bilinear", input1, input2, weight, bias)
    backend_of("bilinear", input1, input2, weight, optional=(bias,))
    require_ndim("bilinear", "weight", weight.array, 3, "O I J")
    outputs, first, second = weight.shape
    lead = input1.shape[:-1]
    if input1.shape != (*lead, first) or input2.shape != (*lead, second) or not input1.ndim:
        raise ShapeError(
            "bilinear",
            expected=f"input1 of shape (..., {first}) and input2 of shape (..., {second})",
            received=f"shapes {input1.shape} and {input2.shape}",
            remedy="give both the same leading axes, and the features of weight",
        )
    require_bias("bilinear", None if bias is None else bias.array, outputs)
    table = reshape(permute(weight, (1, 0, 2)), (first, outputs * second))
    y = reshape(matmul(input1, table), (*lead, outputs, second))
    y = reshape(matmul(y, unsqueeze(input2, -1)), (*lead, outputs))
    return y if bias is None else add(y, bias)
