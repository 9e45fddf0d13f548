"""Losses of distances as modules: options for `dlcore.nn.functional`."""

from __future__ import annotations

from collections.abc import Callable

from dlcore.nn.module import Buffer, Module
from dlcore.ops import margin_loss as ops
from dlcore.ops import regression_loss
from dlcore.tensors import Tensor


class PairwiseDistance(Module):
    """The norm of the difference of vectors; see `pairwise_distance`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return ops.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class PoissonNLLLoss(Module):
    """Negative log-likelihood of counts; see `poisson_nll_loss`."""

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        self.log_input = log_input
        self.full = full
        self.eps = eps
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        options = (self.log_input, self.full, self.eps, self.reduction)
        return regression_loss.poisson_nll_loss(input, target, *options)


class SoftMarginLoss(Module):
    """Cross-entropy of two classes named 1 and -1; see `soft_margin_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ops.soft_margin_loss(input, target, self.reduction)


class MultiLabelSoftMarginLoss(Module):
    """Cross-entropy of several yes-or-no labels; see `multilabel_soft_margin_loss`."""

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        self.weight = None if weight is None else Buffer(weight)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ops.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)


class MultiLabelMarginLoss(Module):
    """How far other classes' scores come within 1 of every own one; `multilabel_margin_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ops.multilabel_margin_loss(input, target, self.reduction)


class MultiMarginLoss(Module):
    """How far other classes' scores come within a margin of the own one; `multi_margin_loss`.

    Source: Crammer and Singer, On the algorithmic implementation of multiclass kernel-based vector
    machines, 2001.
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        self.p = p
        self.margin = margin
        self.weight = None if weight is None else Buffer(weight)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        options = (self.p, self.margin, self.weight, self.reduction)
        return ops.multi_margin_loss(input, target, *options)


class CosineEmbeddingLoss(Module):
    """The angle between alike vectors, and how close others are; `cosine_embedding_loss`."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        self.margin = margin
        self.reduction = reduction

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return ops.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


class TripletMarginLoss(Module):
    """How much farther an unlike vector should be than an alike one; `triplet_margin_loss`."""

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap
        self.reduction = reduction

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        options = (self.margin, self.p, self.eps, self.swap, self.reduction)
        return ops.triplet_margin_loss(anchor, positive, negative, *options)


class TripletMarginWithDistanceLoss(Module):
    """`TripletMarginLoss` with any distance of two tensors."""

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        self.distance_function = distance_function
        self.margin = margin
        self.swap = swap
        self.reduction = reduction

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return ops.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
