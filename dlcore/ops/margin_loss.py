"""Losses that ask for a distance: between classes, and between vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlcore.backend.interface.array import FLOATS, int64
from dlcore.backend.interface.checks import require_dtype
from dlcore.backend.interface.gather import INDICES
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.activation import logsigmoid, relu
from dlcore.ops.arithmetic import add, mul, neg, rsub, sub, true_divide
from dlcore.ops.compare import eq, ge, gt
from dlcore.ops.convert import to
from dlcore.ops.elementwise import sqrt, square
from dlcore.ops.gather import gather, index_select, scatter_add
from dlcore.ops.loss import reduced
from dlcore.ops.operands import backend_of, promoted
from dlcore.ops.reduce import cumprod, mean, sum
from dlcore.ops.regression_loss import alike
from dlcore.ops.select import clamp, masked_fill, minimum, where
from dlcore.ops.shape import unsqueeze
from dlcore.ops.statistics import vector_norm
from dlcore.tensors import Tensor


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The norm of order `p` of x1 - x2 + eps along the last axis.

    Shapes: any that broadcast. Dtypes: floats, promoted.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import pairwise_distance
    >>> pairwise_distance(dl.tensor([[3.0, 4.0]]), dl.zeros(1, 2))
    tensor([5.])
    """
    return vector_norm(add(sub(x1, x2), eps), p, -1, keepdim)


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """log(1 + e^(-t x)) for targets t of 1 and -1.

    Shapes: input and target: the same. Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    input, target = alike("soft_margin_loss", input, target)
    return reduced("soft_margin_loss", neg(logsigmoid(mul(target, input))), reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """The mean over classes (the last axis) of -(t log s + (1 - t) log(1 - s)), s = sigmoid(x).

    Shapes: input and target: (..., C); weight: broadcast to them; the result without axis C for
    reduction "none". Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    operation = "multilabel_soft_margin_loss"
    input, target = alike(operation, input, target)
    losses = neg(add(mul(target, logsigmoid(input)), mul(rsub(target, 1), logsigmoid(neg(input)))))
    if weight is not None:
        losses = mul(losses, weight)
    return reduced(operation, mean(losses, -1), reduction)


def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The sum over own classes y and others j of max(0, 1 - x_y + x_j), over all classes' number.

    Shapes: input: (N, C) or (C); target: the same, each row the own classes' labels and then -1;
    what stands behind the first -1 doesn't count. Dtypes: floats; labels int64.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import multilabel_margin_loss
    >>> multilabel_margin_loss(dl.tensor([0.5, 0.1, 0.0]), dl.tensor([0, -1, -1]))
    tensor(0.3667)

    Raises:
        ShapeError: shapes that differ, or more than two axes. OptionError: an unknown reduction.
        IndexRangeError: a label outside 0 to C - 1. DtypeError: input isn't floating point.
    """
    operation = "multilabel_margin_loss"
    backend_of(operation, input, target)
    require_dtype(operation, "input", input.array, FLOATS)
    require_dtype(operation, "target", target.array, INDICES)
    if input.ndim not in (1, 2) or target.shape != input.shape:
        raise ShapeError(
            operation,
            expected="an input N C or C, and targets of the same shape",
            received=f"shapes {input.shape} and {target.shape}",
            remedy="fill the rows of labels with -1",
        )
    counts = cumprod(to(ge(target, 0), input.dtype), -1)  # 1 up to the first -1, then 0
    labels = where(gt(counts, 0), target, 0)
    own = scatter_add(mul(input.detach(), 0), -1, labels, counts)
    ahead = add(sub(unsqueeze(input, -2), unsqueeze(gather(input, -1, labels), -1)), 1)
    pairs = mul(unsqueeze(counts, -1), unsqueeze(to(eq(own, 0), input.dtype), -2))
    losses = true_divide(sum(mul(relu(ahead), pairs), (-2, -1)), input.shape[-1])
    return reduced(operation, losses, reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The sum over classes j but the own one y of max(0, margin - x_y + x_j)^p, over their number.

    Shapes: input: (N, C) or (C); target: (N) or (), class labels; weight: (C), of the own class.
    Dtypes: floats; labels int64.

    Raises:
        ShapeError: shapes that do not fit. OptionError: p is not 1 or 2, or a reduction.
        IndexRangeError: a label outside 0 to C - 1.
    """
    operation = "multi_margin_loss"
    backend = backend_of(operation, input, target, optional=(weight,))
    require_dtype(operation, "target", target.array, INDICES)
    if p not in (1, 2):
        raise OptionError(operation, expected="p of 1 or 2", received=str(p), remedy="choose one")
    if input.ndim not in (1, 2) or target.shape != input.shape[:-1]:
        raise ShapeError(
            operation,
            expected="an input N C and targets N, or an input C and one target",
            received=f"shapes {input.shape} and {target.shape}",
            remedy="give a label for each row",
        )
    labels = unsqueeze(target, -1)
    ahead = relu(add(sub(input, gather(input, -1, labels)), margin))
    classes = Tensor(backend.upload(np.arange(input.shape[-1], dtype=int64)), backend)
    others = masked_fill(ahead, eq(classes, labels), 0.0)
    losses = true_divide(sum(others if p == 1 else square(others), -1), input.shape[-1])
    if weight is not None:
        # the weight goes in before the power's sum, so it multiplies each term once
        losses = mul(losses, index_select(weight, 0, target).reshape(losses.shape))
    return reduced(operation, losses, reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """1 - cos of the vectors' angle where target is 1, max(0, cos - margin) where it is -1.

    Shapes: input1, input2: (N, D) or (D); target: (N) or (). Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that do not fit. OptionError: an unknown reduction.
    """
    operation = "cosine_embedding_loss"
    backend_of(operation, input1, input2, target)
    shape = input1.shape
    if input2.shape != shape or target.shape != shape[:-1] or input1.ndim not in (1, 2):
        raise ShapeError(
            operation,
            expected="inputs N D and a target N, or inputs D and one target",
            received=f"shapes {input1.shape}, {input2.shape} and {target.shape}",
            remedy="give a target for each row",
        )
    x1, x2 = promoted(operation, input1, input2)
    tiny = 1e-12  # as in PyTorch
    lengths = mul(add(sum(square(x1), -1), tiny), add(sum(square(x2), -1), tiny))
    cosine = true_divide(sum(mul(x1, x2), -1), sqrt(lengths))
    losses = where(eq(target, 1), rsub(cosine, 1), clamp(sub(cosine, margin), min=0))
    return reduced(operation, losses, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with `pairwise_distance` d.

    Shapes: all (N, D) or (D). Dtypes: floats, promoted.

    Args:
        p: the order of the distance.
        eps: added to differences.
        swap: take d(positive, negative) where that is smaller than d(anchor, negative).

    Raises:
        OptionError: a margin that is not positive, or an unknown reduction.

    Source: Balntas et al., Learning local feature descriptors with triplets, 2016.
    """
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=lambda x1, x2: pairwise_distance(x1, x2, p, eps),
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As `triplet_margin_loss`, with any distance of two tensors.

    Raises:
        OptionError: a margin that is not positive, or an unknown reduction.
    """
    operation = "triplet_margin_loss"
    if not margin > 0:
        raise OptionError(
            operation,
            expected="a positive margin",
            received=str(margin),
            remedy="choose another value",
        )
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(operation, clamp(add(sub(near, far), margin), min=0), reduction)
