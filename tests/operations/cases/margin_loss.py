"""Losses of distances, and weights of elements."""

import numpy as np

from dlcore.nn import functional
from tests.operations.case import Operation, integers, normal, positive, unit
from tests.operations.cases.loss import signs

ROWS = (normal(4, 5), normal(4, 5))
TRIPLE = (normal(4, 5), normal(4, 5), normal(4, 5))
COUNTS = (normal(3, 4), lambda g: g.uniform(0.2, 5, (3, 4)))
SEVERAL = np.array([[1, 3, -1, 0], [-1, 2, 0, 1], [2, 0, 1, 3]])
LABELS = (normal(5, 4), integers(0, 4, 5))


def case(title, name, inputs, weight=False, **options):
    """`weight`: the last input is one, a constant in PyTorch where kernels take it."""

    def call(module, *tensors):
        if weight:
            return getattr(module, name)(*tensors[:-1], weight=tensors[-1], **options)
        return getattr(module, name)(*tensors, **options)

    def constant(tensors):
        fixed = name == "multi_margin_loss" and weight
        return (*tensors[:-1], tensors[-1].detach()) if fixed else tensors

    return Operation(
        f"{name}, {title}",
        lambda *tensors: call(functional, *tensors),
        inputs,
        lambda torch, *tensors: call(torch.nn.functional, *constant(tensors)),
        20,
    )


CASES = [
    case("rows", "pairwise_distance", ROWS),
    case("order 1", "pairwise_distance", (normal(4, 5), normal(5)), p=1.0, keepdim=True),
    case("order 3", "pairwise_distance", ROWS, p=3.0, eps=0.1),
    case("rows", "cosine_embedding_loss", (*ROWS, signs(4)), margin=-0.2),
    case("one pair", "cosine_embedding_loss", (normal(5), normal(5), signs()), reduction="sum"),
    case("none", "cosine_embedding_loss", (*ROWS, signs(4)), reduction="none"),
    case("mean", "soft_margin_loss", (normal(3, 4), signs(3, 4))),
    case("sum", "soft_margin_loss", (normal(6), signs(6)), reduction="sum"),
    case("mean", "multilabel_soft_margin_loss", (normal(3, 4), unit(3, 4))),
    case("none", "multilabel_soft_margin_loss", (normal(3, 4), unit(3, 4)), reduction="none"),
    case("weights", "multilabel_soft_margin_loss", (normal(3, 4), unit(3, 4), positive(4)), True),
    case("mean", "multilabel_margin_loss", (normal(3, 4), lambda g: SEVERAL)),
    case("none", "multilabel_margin_loss", (normal(3, 4), lambda g: SEVERAL), reduction="none"),
    case("one sample", "multilabel_margin_loss", (normal(4), lambda g: SEVERAL[0])),
    case("mean", "multi_margin_loss", LABELS),
    case("squares", "multi_margin_loss", LABELS, p=2, margin=0.5, reduction="none"),
    case("weights", "multi_margin_loss", (*LABELS, positive(4)), True, reduction="sum"),
    case("one sample", "multi_margin_loss", (normal(4), integers(0, 4))),
    case("mean", "triplet_margin_loss", TRIPLE),
    case("swap", "triplet_margin_loss", TRIPLE, margin=2.5, p=1.0, swap=True, reduction="none"),
    case("one", "triplet_margin_loss", (normal(5), normal(5), normal(5)), margin=9.0),
    case("sum", "triplet_margin_with_distance_loss", TRIPLE, margin=3.0, reduction="sum"),
    case("mean", "poisson_nll_loss", COUNTS),
    case("full", "poisson_nll_loss", COUNTS, full=True, reduction="none"),
    case("rates", "poisson_nll_loss", (positive(3, 4), integers(0, 5, 3, 4)), log_input=False),
    case("eps", "poisson_nll_loss", (positive(4), integers(0, 5, 4)), log_input=False, eps=0.5),
    *[
        case(f"weights, {how}", name, (normal(3, 4), normal(3, 4), positive(3, 4)), True,
             reduction=how)
        for name in ("mse_loss", "l1_loss", "huber_loss")
        for how in ("none", "mean", "sum")
    ],
]  # fmt: skip
