"""Softmax and its logarithm: forward and backward; in formulas x is the input."""

from __future__ import annotations

from typing import Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.ops.arithmetic import neg
from dlcore.ops.attach import method
from dlcore.ops.reduce import converted
from dlcore.tensors import Tensor


@method
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) along axis `dim`; computed without overflow.

    Shapes: input and the result: any, with that axis. Dtypes: floats, `dtype` converts the
    input first; sums in fp32 at least.

    >>> import dlcore as dl
    >>> dl.softmax(dl.tensor([0.0, 0.0]), dim=0)
    tensor([0.5, 0.5])

    Raises:
        ShapeError: no such axis.
        DtypeError: not a float.
    """
    input = converted("softmax", input, dtype)
    backend = input.backend
    y = primitives.softmax(backend, input.array, axis=dim)
    return result(
        "softmax",
        y,
        backend,
        (input, lambda dy: primitives.softmax_gradient(backend, dy, y, axis=dim)),
        saves_output=True,
    )


def softmin(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Softmax of -x."""
    return softmax(neg(input), dim, dtype)


@method
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`, computed without its rounding.

    Shapes, dtypes, errors: as `softmax`.
    """
    input = converted("log_softmax", input, dtype)
    backend = input.backend
    y = primitives.log_softmax(backend, input.array, axis=dim)
    return result(
        "log_softmax",
        y,
        backend,
        (input, lambda dy: primitives.log_softmax_gradient(backend, dy, y, axis=dim)),
        saves_output=True,
    )
