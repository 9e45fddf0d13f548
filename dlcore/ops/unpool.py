"""Max pooling turned back: forward and backward."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.operands import backend_of
from dlcore.ops.pool import windows
from dlcore.ops.shape import squeeze, unsqueeze
from dlcore.ops.window import Size, pair, view_of
from dlcore.tensors import Tensor


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Values back to where max pooling found them, zero elsewhere.

    Where windows overlap and chose the same pixel its values add up (PyTorch keeps any one).

    Shapes: input, indices: N C P Q or C P Q; the result: N C H W or C H W, where
    H = (P - 1) stride - 2 padding + kernel, or `output_size` (its last two numbers).
    Dtypes: floats; indices int64.

    Raises:
        ShapeError: input and indices of different shapes.
        OptionError: nothing would be left.
        IndexRangeError: an index outside the result.
    """
    backend = backend_of("max_unpool2d", input, indices)
    view = view_of("max_unpool2d", input, 2)
    if indices.shape != input.shape:
        raise ShapeError(
            "max_unpool2d",
            expected="input and indices of one shape",
            received=f"{input.shape} and {indices.shape}",
            remedy="give what max pooling returned with return_indices=True",
        )
    kernel, step, pad = windows("max_unpool2d", 2, kernel_size, stride, padding)
    pooled, index = view.image(input.array), view.image(indices.array)
    size: Sequence[int] = [
        (pooled.shape[2 + a] - 1) * step[a] - 2 * pad[a] + kernel[a] for a in range(2)
    ]
    if output_size is not None:
        size = output_size[-2:]
    if any(length < 0 for length in size):
        raise OptionError(
            "max_unpool2d",
            expected="sizes that give an output",
            received=f"{tuple(size)} pixels from input of shape {input.shape}",
            remedy="use those of the pooling that is undone",
        )
    shape = (*pooled.shape[:2], *size)
    y = primitives.max_pool2d_gradient(backend, pooled, index, shape=shape)

    def rule(dy: Array) -> Array:
        dx = primitives.max_unpool2d_gradient(backend, view.image(dy), index)
        return view.back(dx)

    return result("max_unpool2d", view.back(y), backend, (input, rule), saved=[indices])


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """`max_unpool2d` along the last axis; input, indices: N C P or C P."""
    kernel = pair("max_unpool1d", "kernel_size", kernel_size, 1, 1)
    step = kernel if stride is None else pair("max_unpool1d", "stride", stride, 1, 1)
    pad = pair("max_unpool1d", "padding", padding, 1, 0)
    size = None if output_size is None else (1, output_size[-1])
    row, places = unsqueeze(input, -2), unsqueeze(indices, -2)
    return squeeze(max_unpool2d(row, places, kernel, step, pad, size), -2)
