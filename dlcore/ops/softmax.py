"""Softmax and its logarithm: forward and backward."""

from __future__ import annotations

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.ops.attach import method
from dlcore.ops.operands import autocasted, backend_of
from dlcore.tensors import Tensor


@method
def softmax(x: Tensor, dim: int) -> Tensor:
    """exp(x) / sum(exp(x)) along axis `dim`; computed without overflow.

    Shapes: x and the result: any, with that axis. Dtypes: floats; sums in fp32 at least.

    >>> import dlcore as dl
    >>> dl.softmax(dl.tensor([0.0, 0.0]), dim=0)
    tensor([0.5, 0.5])

    Raises:
        ShapeError: no such axis.
        DtypeError: not a float.
    """
    (x,) = autocasted("softmax", x)
    backend = backend_of("softmax", x)
    y = primitives.softmax(backend, x.array, axis=dim)
    return result(
        "softmax",
        y,
        backend,
        (x, lambda dy: primitives.softmax_gradient(backend, dy, y, axis=dim)),
        saves_output=True,
    )


@method
def log_softmax(x: Tensor, dim: int) -> Tensor:
    """The logarithm of `softmax`, computed without its rounding.

    Shapes, dtypes, errors: as `softmax`.
    """
    (x,) = autocasted("log_softmax", x)
    backend = backend_of("log_softmax", x)
    y = primitives.log_softmax(backend, x.array, axis=dim)
    return result(
        "log_softmax",
        y,
        backend,
        (x, lambda dy: primitives.log_softmax_gradient(backend, dy, y, axis=dim)),
        saves_output=True,
    )
