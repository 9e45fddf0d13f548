"""Losses. Weights of classes are constants: neither library gives them gradients."""

import numpy as np

from dlcore.ops import binary_loss, loss, pair_loss, regression_loss
from dlcore.tensors import tensor
from tests.operations.case import Operation, integers, normal, positive, unit

REDUCTIONS = ("none", "mean", "sum")
HOMES = (binary_loss, pair_loss, regression_loss)


def signs(*shape):
    """-1 or 1, as integers: they get no gradient."""
    return lambda generator: generator.choice([-1, 1], shape)


def functional(torch, name):
    return getattr(torch.nn.functional, name)


def operation(title, name, inputs, terms=8, **options):
    """A loss of tensors alone."""
    ours = next(getattr(home, name) for home in HOMES if hasattr(home, name))
    return Operation(
        f"{name}, {title}",
        lambda *tensors: ours(*tensors, **options),
        inputs,
        lambda torch, *tensors: functional(torch, name)(*tensors, **options),
        terms,
    )


CASES = []
for name in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"):
    for how in REDUCTIONS:
        CASES.append(operation(how, name, (normal(3, 5), normal(3, 5)), 15, reduction=how))
    CASES.append(operation("one element", name, (normal(1), normal(1))))
    CASES.append(operation("nothing", name, (normal(0, 2), normal(0, 2)), reduction="sum"))
CASES += [
    operation("delta", "huber_loss", (normal(3, 5), normal(3, 5)), 15, delta=0.4),
    operation("beta", "smooth_l1_loss", (normal(3, 5), normal(3, 5)), 15, beta=0.4),
    operation("beta 0", "smooth_l1_loss", (normal(3, 5), normal(3, 5)), 15, beta=0.0),
]
for how in REDUCTIONS:
    CASES += [
        operation(how, "binary_cross_entropy", (unit(3, 4), unit(3, 4)), 12, reduction=how),
        operation(
            how, "binary_cross_entropy_with_logits", (normal(3, 4), unit(3, 4)), 12, reduction=how
        ),
        operation(how, "gaussian_nll_loss", (normal(5), normal(5), positive(5)), 5, reduction=how),
        operation(how, "hinge_embedding_loss", (normal(6), signs(6)), 6, reduction=how, margin=0.7),
        operation(
            how,
            "margin_ranking_loss",
            (normal(6), normal(6), signs(6)),
            6,
            reduction=how,
            margin=0.3,
        ),
    ]
CASES += [
    operation("sum", "kl_div", (normal(3, 4), unit(3, 4)), 12, reduction="sum"),
    operation("none", "kl_div", (normal(3, 4), unit(3, 4)), 12, reduction="none"),
    operation("log_target", "kl_div", (normal(3), normal(3)), 12, reduction="sum", log_target=True),
    operation("batchmean", "kl_div", (normal(3, 4), unit(3, 4)), 12, reduction="batchmean"),
    operation("full", "gaussian_nll_loss", (normal(5), normal(5), positive(5)), 5, full=True),
    operation("rows", "cosine_similarity", (normal(3, 5), normal(3, 5)), 5),
    operation("a vector", "cosine_similarity", (normal(2, 5, 3), normal(5, 1)), 5, dim=-2),
    Operation(
        "kl_div, mean",
        regression_loss.kl_div,
        (normal(3, 4), unit(3, 4)),
        # reduction="mean" warns there that the mathematical mean is another
        lambda torch, x, t: torch.nn.functional.kl_div(x, t, reduction="none").mean(),
        12,
    ),
    Operation(
        "binary_cross_entropy, weights",
        binary_loss.binary_cross_entropy,
        (unit(3, 4), unit(3, 4), positive(4)),
        lambda torch, *tensors: torch.nn.functional.binary_cross_entropy(
            *tensors[:2], tensors[2].detach()
        ),
        12,
    ),
    Operation(
        "binary_cross_entropy_with_logits, weights",
        lambda x, t, w, p: binary_loss.binary_cross_entropy_with_logits(x, t, w, pos_weight=p),
        (normal(3, 4), unit(3, 4), positive(3, 1), positive(4)),
        lambda torch, x, t, w, p: torch.nn.functional.binary_cross_entropy_with_logits(
            x,
            t,
            w.detach(),
            pos_weight=p.detach(),  # not differentiable in PyTorch
        ),
        12,
    ),
]


# -- classes -------------------------------------------------------------------------------------

# Name: shape of the logits, whether classes have weights, and options.
LABELLED = {
    "mean": ((5, 4), False, {}),
    "sum": ((5, 4), False, {"reduction": "sum"}),
    "none": ((5, 4), False, {"reduction": "none"}),
    "weights": ((6, 3), True, {}),
    "ignored": ((7, 3), True, {"ignore_index": 1}),
    "ignored, none": ((7, 3), True, {"ignore_index": 1, "reduction": "none"}),
    "images": ((2, 3, 2, 3), True, {"ignore_index": 0}),
    "series": ((2, 3, 4), False, {"reduction": "none"}),
    "one sample": ((4,), True, {}),
    "one sample, none": ((4,), False, {"reduction": "none"}),
    "one class": ((3, 1), False, {}),
    "no samples": ((0, 3), False, {"reduction": "sum"}),
}
SMOOTHED = {
    "smoothing": ((5, 4), False, {"label_smoothing": 0.1}),
    "smoothing, weights": ((5, 4), True, {"label_smoothing": 0.2, "ignore_index": 2}),
    "smoothing, images": ((2, 3, 2, 2), True, {"label_smoothing": 1.0, "reduction": "sum"}),
    "smoothing, none": ((5, 4), True, {"label_smoothing": 0.2, "reduction": "none"}),
}


def classes_of(shape):
    return shape[1] if len(shape) > 1 else shape[0]


def weights_of(shape):
    return np.linspace(0.5, 2.0, classes_of(shape))


def labelled(name, title, shape, weighted, options, target):
    def ours(x, y):
        weight = tensor(weights_of(shape), dtype=x.dtype, device=x.backend) if weighted else None
        return getattr(loss, name)(x, y, weight, **options)

    def theirs(torch, x, y):
        weight = torch.tensor(weights_of(shape), dtype=x.dtype) if weighted else None
        return functional(torch, name)(x, y, weight, **options)

    return Operation(f"{name}, {title}", ours, (normal(*shape), target), theirs, 40)


CASES += [
    labelled(name, title, *case, integers(0, classes_of(case[0]), *case[0][:1], *case[0][2:]))
    for name, cases in {"cross_entropy": LABELLED | SMOOTHED, "nll_loss": LABELLED}.items()
    for title, case in cases.items()
    if len(case[0]) > 1
]
CASES += [
    labelled(name, title, *case, integers(0, 4))
    for name in ("cross_entropy", "nll_loss")
    for title, case in LABELLED.items()
    if len(case[0]) == 1
]
CASES += [
    labelled("cross_entropy", f"probabilities, {title}", *case, unit(*case[0]))
    for title, case in (LABELLED | SMOOTHED).items()
    if "ignore_index" not in case[2]
]
