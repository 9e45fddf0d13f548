"""Windows of an image as columns of a matrix, and back: each is the gradient of the other."""

from __future__ import annotations

from typing import TypedDict

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.errors import ShapeError
from dlcore.kernels.geometry import Padding, Pair
from dlcore.ops.operands import backend_of
from dlcore.ops.window import Size, View, pair, view_of
from dlcore.tensors import Tensor


def unfold(
    input: Tensor, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
) -> Tensor:
    """Every window of an image as a column.

    Shapes: input N C H W or C H W; the result N CRS L or CRS L, where R S is the kernel and L the
    number of places where it fits, row by row. Dtypes: floats.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import unfold
    >>> unfold(dl.tensor([[[1.0, 2.0, 3.0]]]), (1, 2))
    tensor([[1., 2.],
            [2., 3.]])

    Args:
        dilation: distance of a window's elements.
        padding: zeros on all sides.
        stride: from one window to the next.

    Raises:
        ShapeError: another number of axes, or a kernel larger than the padded input.
        DtypeError: not floats.
        OptionError: numbers out of range.
    """
    backend, view = backend_of("unfold", input), view_of("unfold", input, 2)
    steps = _steps("unfold", kernel_size, dilation, padding, stride)
    x = view.image(input.array)
    size = x.shape[2], x.shape[3]
    y = primitives.unfold(backend, x, **steps)
    return result(
        "unfold",
        view.back(y),
        backend,
        (input, lambda dy: view.back(primitives.fold(backend, view.image(dy), size=size, **steps))),
    )


def fold(
    input: Tensor,
    output_size: Size,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Tensor:
    """Columns back into an image; where windows overlap, they are added up.

    Shapes: input N CRS L or CRS L; the result N C H W or C H W with H W = `output_size`, in which
    the window has L places. Dtypes: floats; sums in fp32 at least. Arguments: as `unfold`.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import fold
    >>> fold(dl.tensor([[1.0, 2.0], [2.0, 3.0]]), (1, 3), (1, 2))
    tensor([[[1., 4., 3.]]])

    Raises:
        ShapeError: another number of axes, or a size in which the windows have other places.
        DtypeError: not floats.
        OptionError: numbers out of range.
    """
    backend = backend_of("fold", input)
    if input.ndim not in (2, 3):
        raise ShapeError(
            "fold",
            expected="an input with 3 axes, or 2 for one without a batch (N C*R*S L or C*R*S L)",
            received=f"input of shape {input.shape}",
            remedy="reshape it, or add the missing axis with unsqueeze",
        )
    steps = _steps("fold", kernel_size, dilation, padding, stride)
    size = pair("fold", "output_size", output_size, 2, 1)
    view = View((None,), (0,)) if input.ndim == 2 else View((), ())
    y = primitives.fold(backend, view.image(input.array), size=size, **steps)
    return result(
        "fold",
        view.back(y),
        backend,
        (input, lambda dy: view.back(primitives.unfold(backend, view.image(dy), **steps))),
    )


class _Steps(TypedDict):
    """What both primitives share."""

    kernel: Pair
    stride: Pair
    padding: Padding
    dilation: Pair


def _steps(
    operation: str, kernel_size: Size, dilation: Size, padding: Size, stride: Size
) -> _Steps:
    top, left = pair(operation, "padding", padding, 2, 0)
    return _Steps(
        kernel=pair(operation, "kernel_size", kernel_size, 2, 1),
        stride=pair(operation, "stride", stride, 2, 1),
        padding=((top, top), (left, left)),
        dilation=pair(operation, "dilation", dilation, 2, 1),
    )
