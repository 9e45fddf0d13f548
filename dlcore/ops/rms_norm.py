"""Division by the size of what stands along some axes, without centring it.

In formulas x is the input.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlcore.backend.interface.array import HALVES, float32
from dlcore.ops.arithmetic import add, div, mul
from dlcore.ops.copy import cast
from dlcore.ops.elementwise import rsqrt, square
from dlcore.ops.norm import normalized_axes
from dlcore.ops.operands import backend_of
from dlcore.ops.reduce import mean
from dlcore.ops.select import clamp
from dlcore.ops.statistics import vector_norm
from dlcore.tensors import Tensor


def rms_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """X / sqrt(mean(x^2) + eps) * weight over the last axes.

    Shapes: as `layer_norm`. Dtypes: floats; 16-bit ones are computed in float32 and rounded once.

    Args:
        eps: None for the distance from 1 to the next number of the dtype that computes.

    Raises:
        ShapeError: the last axes are not `normalized_shape`, nor weight's axes.

    Source: Zhang and Sennrich, Root mean square layer normalization, 2019 (arXiv 1910.07467).
    """
    backend_of("rms_norm", input, optional=(weight,))
    normal = normalized_axes("rms_norm", input, normalized_shape, weight=weight)
    dtype = float32 if input.dtype in HALVES else input.dtype
    if eps is None:
        eps = float(np.finfo(dtype).eps)
    exact = cast(input, dtype)
    axes = tuple(range(input.ndim - len(normal), input.ndim))
    y = mul(exact, rsqrt(add(mean(square(exact), axes, keepdim=True), eps)))
    return cast(y if weight is None else mul(y, cast(weight, dtype)), input.dtype)


def normalize(
    input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12
) -> Tensor:
    """The input divided by its norm of order `p` along `dim`, or by `eps` where that is larger.

    Shapes: any with that axis. Dtypes: floats.

    >>> import dlcore as dl
    >>> from dlcore.ops.rms_norm import normalize
    >>> normalize(dl.tensor([[3.0, 4.0]]))
    tensor([[0.6, 0.8]])
    """
    return div(input, clamp(vector_norm(input, p, dim, keepdim=True), min=eps))
