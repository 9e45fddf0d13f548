"""Tables of rows looked up by index, and indices as rows of zeros and a one."""

from __future__ import annotations

import numpy as np

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, int64, like, rows
from dlcore.backend.interface.checks import require_dtype, require_ndim
from dlcore.backend.interface.gather import INDICES
from dlcore.errors import IndexRangeError, OptionError
from dlcore.ops.gather import put_gradient
from dlcore.ops.operands import backend_of
from dlcore.ops.pieces import in_range
from dlcore.tensors import Tensor


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The row of `weight` for each index.

    Shapes: input: (...), int32 or int64; weight: (V, D); the result: (..., D). Gradients of a row
    are summed in fp32 at least.

    Args:
        input: indices.
        weight: the table.
        padding_idx: a row that gets no gradient; from the end if negative.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import embedding
    >>> embedding(dl.tensor([1, 0]), dl.tensor([[0.0, 1.0], [2.0, 3.0]]))
    tensor([[2., 3.],
            [0., 1.]])

    Raises:
        IndexRangeError: an index outside the table.
        ShapeError: the table is not a matrix. DtypeError: indices of another type.
    """
    backend = backend_of("embedding", input, weight)
    require_dtype("embedding", "input", input.array, INDICES)
    require_ndim("embedding", "weight", weight.array, 2, "V D")
    skipped = None if padding_idx is None else in_range("embedding", padding_idx, 0, weight)
    index, table = input.array, like(weight.array)

    def gradient(dy: Array) -> Array:
        dw = put_gradient(backend, dy, index, 0, table)
        if skipped is not None:
            row = dw[skipped, ...]
            primitives.fill.into(
                backend, row, shape=row.shape, dtype=row.dtype, order=rows(1), value=0
            )
        return dw

    y = primitives.take(backend, weight.array, index, axis=0)
    return result("embedding", y, backend, (weight, gradient), saved=[input])


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """For each index a row (int64) with 1 in its place and 0 elsewhere.

    Args:
        tensor: indices of any shape (...); the result: (..., num_classes).
        num_classes: the length of a row; -1 takes the largest index + 1, which synchronises.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import one_hot
    >>> one_hot(dl.tensor([2, 0]), 3)
    tensor([[0, 0, 1],
            [1, 0, 0]], dtype=int64)

    Raises:
        IndexRangeError: an index is not from 0 to num_classes - 1.
        DtypeError: indices of another type. OptionError: no classes.
    """
    backend = backend_of("one_hot", tensor)
    require_dtype("one_hot", "tensor", tensor.array, INDICES)
    if num_classes == -1 and tensor.numel():
        num_classes = int(np.max(backend.download(tensor.array))) + 1
        if num_classes < 1:
            raise IndexRangeError(
                "one_hot",
                expected="indices of at least 0",
                received=str(num_classes - 1),
                remedy="check the labels",
            )
    if num_classes < 1:
        raise OptionError(
            "one_hot",
            expected="at least one class",
            received=f"num_classes={num_classes} for shape {tensor.shape}",
            remedy="give the number of classes",
        )
    shape = (*tensor.shape, num_classes)
    y, one = (
        primitives.fill(backend, shape=of, dtype=int64, order=rows(len(of)), value=value)
        for of, value in ((shape, 0), ((), 1))
    )
    places = tensor.array[..., None]
    ones = backend.expand(one, places.shape)
    primitives.scatter.into(backend, y, y, places, ones, axis=-1, reduce="set")
    return Tensor(y, backend)
