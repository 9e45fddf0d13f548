"""Dropout, of elements and of whole channels: forward and backward.

In formulas x is the input. `inplace` is a hint without effect, as in `activation.py`.
"""

from __future__ import annotations

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array, Shape, order_of
from dlcore.backend.interface.checks import require_dtype
from dlcore.backend.interface.random import EVERY
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.operands import backend_of
from dlcore.ops.rules import pointwise
from dlcore.random import draw
from dlcore.tensors import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero with probability `p`, else x / (1 - p); `input` itself when not training.

    Shapes: any. Dtypes: floats. Rows (axis 0) are samples: a sample's mask does not depend on how
    the batch is split.
    Source: Srivastava et al., Dropout, JMLR 15, 2014.

    >>> import dlcore as dl
    >>> dropout(dl.tensor([1.0, 2.0]), p=0.5, training=False)
    tensor([1., 2.])

    Raises:
        OptionError: p is not from 0 to 1.
        DtypeError: the input is not a float tensor.
    """
    return _dropout("dropout", input, p, training, input.shape)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels; input: (N, C, L), or (C, L) without a batch."""
    _require_axes("dropout1d", input, "(N, C, L) or (C, L)", (3, 2))
    return _dropout("dropout1d", input, p, training, (*input.shape[:-1], 1))


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels; input: (N, C, H, W).

    Source: Tompson et al., Efficient object localization using convolutional networks, 2015.
    """
    _require_axes("dropout2d", input, "(N, C, H, W)", (4,))
    return _dropout("dropout2d", input, p, training, (*input.shape[:-2], 1, 1))


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout that keeps mean 0 and variance 1: dropped values become SELU's lower limit.

    y = a (x or -s) + b with s = 1.7580993, a = 1 / sqrt((1 - p)(1 + p s^2)), b = a p s.
    Source: Klambauer et al., Self-normalizing neural networks, 2017, equations 7 and 8.
    """
    _check_dropout("alpha_dropout", input, p)
    if not training or p == 0:
        return input
    backend = input.backend
    if p == 1:
        return _scaled("alpha_dropout", input, _mask(backend, input.shape, 1.0, input.array), 1.0)
    limit = 1.7580993408473766
    scale = ((1 - p) * (1 + p * limit**2)) ** -0.5
    mask = _mask(backend, input.shape, p, input.array)
    kept = _scaled("alpha_dropout", input, mask, scale)
    ones = primitives.copy(backend, mask, dtype=input.dtype, order=order_of(input.array))
    # where kept: b; where dropped: b - a s
    lifted = pointwise(backend, "multiply_number", ones, parameters=(scale * limit,))
    shift = scale * limit * (p - 1)
    lifted = pointwise(backend, "add_number", lifted, parameters=(shift,))
    return kept + Tensor(lifted, backend)


def _dropout(operation: str, x: Tensor, p: float, training: bool, shape: Shape) -> Tensor:
    """Dropout with one decision for each element of `shape`, which broadcasts to x's."""
    _check_dropout(operation, x, p)
    if not training or p == 0:
        return x
    mask = _mask(x.backend, shape, p, x.array)
    return _scaled(operation, x, mask, 0.0 if p == 1 else 1 / (1 - p))


def _mask(backend: Backend, shape: Shape, p: float, x: Array) -> Array:
    """True for what stays, with probability 1 - p, as a view of x's shape."""
    clock, key, call = draw("dropout", backend)
    mask = primitives.bernoulli(
        backend,
        clock,
        shape=shape,
        order=order_of(x),
        key=key,
        call=call,
        threshold=EVERY - round(p * EVERY),
    )
    return mask if shape == x.shape else backend.expand(mask, x.shape)


def _scaled(operation: str, x: Tensor, mask: Array, scale: float) -> Tensor:
    backend = x.backend

    def scaled(array: Array) -> Array:
        return primitives.masked_scale(backend, array, mask, scale=scale)

    return result(operation, scaled(x.array), backend, (x, scaled))


def _check_dropout(operation: str, x: Tensor, p: float) -> None:
    backend_of(operation, x)
    require_dtype(operation, "x", x.array, FLOATS)
    if not 0 <= p <= 1:
        raise OptionError(
            operation,
            expected="a probability p from 0 to 1",
            received=f"p = {p}",
            remedy="p is the part that is dropped",
        )


def _require_axes(operation: str, x: Tensor, letters: str, allowed: tuple[int, ...]) -> None:
    if x.ndim not in allowed:
        raise ShapeError(
            operation,
            expected=f"axes {letters}",
            received=f"shape {x.shape}",
            remedy="add the missing axis with unsqueeze, or use dropout",
        )
