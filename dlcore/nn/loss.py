"""Losses as modules: options for `dlcore.nn.functional`, where shapes and formulas are."""

from __future__ import annotations

from dlcore.nn.module import Buffer, Module
from dlcore.ops import binary_loss, loss, pair_loss, regression_loss
from dlcore.tensors import Tensor


class _Weighted(Module):
    """Weights of classes or elements are part of the state, and move with the module."""

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        self.weight = None if weight is None else Buffer(weight)
        self.reduction = reduction


class CrossEntropyLoss(_Weighted):
    """-log(softmax(input)[target]) for class labels, or probabilities; see `cross_entropy`.

    Source: label smoothing: Szegedy et al., Rethinking the Inception architecture, 2015 (arXiv
    1512.00567), section 7.

    >>> import dlcore as dl
    >>> CrossEntropyLoss()(dl.tensor([[0.0, 0.0]]), dl.tensor([1])).item()  # log 2
    0.6931471824645996
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return loss.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_Weighted):
    """Negative log-likelihood of class labels, for log-probabilities; see `nll_loss`."""

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return loss.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class MSELoss(Module):
    """The squared error (input - target)²; see `mse_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return regression_loss.mse_loss(input, target, self.reduction)


class L1Loss(Module):
    """The absolute error |input - target|; see `l1_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return regression_loss.l1_loss(input, target, self.reduction)


class HuberLoss(Module):
    """Squared error near 0, absolute error beyond `delta`; see `huber_loss`.

    Source: Huber, Robust estimation of a location parameter, 1964.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        self.reduction = reduction
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return regression_loss.huber_loss(input, target, self.reduction, self.delta)


class SmoothL1Loss(Module):
    """Absolute error, rounded off within `beta`; see `smooth_l1_loss`.

    Source: Girshick, Fast R-CNN, 2015 (arXiv 1504.08083), equation 3.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        self.reduction = reduction
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return regression_loss.smooth_l1_loss(input, target, self.reduction, self.beta)


class BCELoss(_Weighted):
    """Cross-entropy of two classes, for probabilities; see `binary_cross_entropy`."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_loss.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Weighted):
    """Cross-entropy of two classes; see `binary_cross_entropy_with_logits`."""

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, reduction)
        self.pos_weight = None if pos_weight is None else Buffer(pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_loss.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )


class KLDivLoss(Module):
    """Kullback-Leibler divergence of log-probabilities from the target; see `kl_div`.

    Source: Kullback and Leibler, On information and sufficiency, 1951.
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        self.reduction = reduction
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return regression_loss.kl_div(input, target, self.reduction, self.log_target)


class GaussianNLLLoss(Module):
    """Negative log-likelihood of normal distributions; see `gaussian_nll_loss`."""

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        self.full = full
        self.eps = eps
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor, var: Tensor) -> Tensor:
        return regression_loss.gaussian_nll_loss(
            input, target, var, self.full, self.eps, self.reduction
        )


class HingeEmbeddingLoss(Module):
    """Distances of alike pairs, and how far others are within a margin; `hinge_embedding_loss`."""

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        self.margin = margin
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return pair_loss.hinge_embedding_loss(input, target, self.margin, self.reduction)


class MarginRankingLoss(Module):
    """How far two scores are from the wanted order; see `margin_ranking_loss`."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        self.margin = margin
        self.reduction = reduction

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return pair_loss.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class CosineSimilarity(Module):
    """The cosine of the angle between vectors; see `cosine_similarity`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pair_loss.cosine_similarity(x1, x2, self.dim, self.eps)
