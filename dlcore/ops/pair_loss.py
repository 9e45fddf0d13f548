"""Losses of pairs, and the angle between vectors: forward and backward."""

from __future__ import annotations

from dlcore.backend.interface.array import HALVES, float32
from dlcore.ops.arithmetic import mul, rsub, sub, true_divide
from dlcore.ops.compare import eq
from dlcore.ops.copy import cast
from dlcore.ops.elementwise import sqrt
from dlcore.ops.loss import reduced
from dlcore.ops.operands import promoted
from dlcore.ops.reduce import sum
from dlcore.ops.regression_loss import alike
from dlcore.ops.select import clamp, where
from dlcore.tensors import Tensor


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """Input where target is 1, max(0, margin - input) where it is -1: for distances.

    Shapes: input and target: the same. Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    input, target = alike("hinge_embedding_loss", input, target)
    far = clamp(rsub(input, margin), min=0)
    losses = where(eq(target, 1), input, far)
    return reduced("hinge_embedding_loss", losses, reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Max(0, margin - target (input1 - input2)): target 1 wants input1 larger, -1 input2.

    Shapes: all the same. Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    input1, input2 = alike("margin_ranking_loss", input1, input2)
    input1, target = alike("margin_ranking_loss", input1, target)
    losses = clamp(rsub(mul(target, sub(input1, input2)), margin), min=0)
    return reduced("margin_ranking_loss", losses, reduction)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of an angle: the sum of x1 x2 along `dim` over max(|x1|, eps) max(|x2|, eps).

    Shapes: any that broadcast; the result has them without `dim`. Dtypes: floats, promoted.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import cosine_similarity
    >>> cosine_similarity(dl.tensor([[3.0, 4.0]]), dl.tensor([[4.0, 3.0]]))
    tensor([0.96])

    Raises:
        ShapeError: no such axis, or shapes that don't broadcast.
    """
    x1, x2 = promoted("cosine_similarity", x1, x2, into_float=True)
    dtype = x1.dtype
    if dtype in HALVES:  # whose range is too small for squares, and for eps
        x1, x2 = cast(x1, float32), cast(x2, float32)
    inner = sum(mul(x1, x2), dim)
    # The root comes last: its slope is finite where it starts from eps² instead of 0.
    lengths = [sqrt(clamp(sum(mul(x, x), dim), min=eps * eps)) for x in (x1, x2)]
    return cast(true_divide(inner, mul(*lengths)), dtype)
