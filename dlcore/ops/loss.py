"""Losses of a classifier against class labels or class probabilities: forward and backward.

Those of two classes are in `binary_loss.py`, of numbers in `regression_loss.py`, of pairs in
`pair_loss.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import FLOATS, HALVES, Array, Dtype
from dlcore.backend.interface.checks import require_option
from dlcore.backend.interface.loss import loss_dtype, require_class_weight, require_smoothing
from dlcore.errors import DtypeError, OptionError
from dlcore.ops.arithmetic import add, mul, neg, true_divide
from dlcore.ops.copy import cast, in_shape
from dlcore.ops.operands import autocasted, backend_of
from dlcore.ops.reduce import mean, sum
from dlcore.ops.shape import reshape
from dlcore.ops.softmax import log_softmax
from dlcore.precision import autocast_dtype
from dlcore.tensors import Tensor

REDUCTIONS = ("none", "mean", "sum")


def reduced(operation: str, losses: Tensor, reduction: str) -> Tensor:
    """The losses themselves, their mean, or their sum.

    Raises:
        OptionError: another name.
    """
    require_option(operation, "reduction", reduction, REDUCTIONS)
    if reduction == "none":
        return losses
    return mean(losses) if reduction == "mean" else sum(losses)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The negative log-likelihood of the target under softmax(input).

    The mean is over the samples that aren't ignored, each counted with its class's weight.

    Shapes: input: C, N C or N C D1 D2 ... logits; target: class labels without axis C, or
    probabilities of input's shape; weight: C.
    Dtypes: input and weight: floats, labels: int64. With labels all arithmetic is fp32 (float64 for
    float64), and the result has input's dtype, fp32 under autocast.

    Args:
        weight: how much each class counts.
        ignore_index: samples with this label have loss and gradient 0.
        reduction: "mean", "sum" or "none".
        label_smoothing: the share of the label's probability that is spread over all classes.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import cross_entropy
    >>> cross_entropy(dl.tensor([[0.0, 0.0]]), dl.tensor([1]))
    tensor(0.6931)

    Raises:
        IndexRangeError: a label outside 0 to C - 1.
        ShapeError: a target that doesn't fit. DtypeError: labels that aren't int64.
        OptionError: an unknown reduction, or a smoothing outside 0 to 1.
    """
    require_smoothing(label_smoothing)
    backend_of("cross_entropy", input, target, optional=(weight,))
    if target.shape == input.shape:
        return _against_probabilities(
            input, target, weight, ignore_index, reduction, label_smoothing
        )
    options: dict[str, Any] = {"smoothing": label_smoothing, "ignore_index": ignore_index}
    return _against_labels(
        "cross_entropy",
        input,
        target,
        weight,
        reduction,
        partial(primitives.cross_entropy, **options),
        partial(primitives.cross_entropy_gradient, **options),
    )


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of class labels, for log-probabilities (see `log_softmax`).

    Shapes, dtypes, arguments, errors: as `cross_entropy` with labels.
    """
    return _against_labels(
        "nll_loss",
        input,
        target,
        weight,
        reduction,
        partial(primitives.nll_loss, ignore_index=ignore_index),
        partial(primitives.nll_loss_gradient, ignore_index=ignore_index),
    )


def _against_labels(
    operation: str,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    reduction: str,
    forward: Callable[..., tuple[Array, ...]],
    gradient: Callable[..., Array],
) -> Tensor:
    """The primitives take 16-bit logits and compute in fp32, so autocast has nothing to convert."""
    require_option(operation, "reduction", reduction, REDUCTIONS)
    backend = backend_of(operation, input, target, optional=(weight,))
    dtype: Dtype = autocast_dtype(operation) or input.dtype
    if weight is not None and weight.dtype in HALVES:
        weight = cast(weight, loss_dtype(input.dtype))
    single = input.ndim == 1
    x = input.array[None] if single else input.array
    labels = target.array[None] if single else target.array
    w = None if weight is None else weight.array
    losses, weights, *kept = forward(backend, x, labels, w)
    shapes = input.shape, losses.shape

    def input_gradient(dy: Array) -> Array:
        dx = gradient(backend, in_shape(backend, dy, shapes[1]), x, labels, w, *kept)
        return in_shape(backend, dx, shapes[0])

    samples = result(
        operation,
        in_shape(backend, losses, target.shape),
        backend,
        (input, input_gradient),
        saved=[input, target] if weight is None else [input, target, weight],
    )
    if reduction == "none":
        return cast(samples, dtype)
    total = sum(samples)
    if reduction == "mean":
        total = true_divide(total, sum(Tensor(weights, backend)))
    return cast(total, dtype)


def _against_probabilities(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
) -> Tensor:
    if target.dtype not in FLOATS:
        raise DtypeError(
            "cross_entropy",
            expected="class probabilities, or labels without the axis of classes",
            received=f"a target of input's shape {target.shape} and dtype {target.dtype.name}",
            remedy="convert probabilities with .float(), or reduce one-hot labels with .argmax(1)",
        )
    if ignore_index >= 0:
        raise OptionError(
            "cross_entropy",
            expected="no ignore_index for class probabilities",
            received=f"ignore_index {ignore_index}",
            remedy="give such samples probabilities of 0",
        )
    input, target, weight = autocasted("cross_entropy", input, target, weight)
    axis = 0 if input.ndim == 1 else 1
    classes = input.shape[axis]
    terms = log_softmax(input, axis)
    if smoothing:
        target = add(mul(target, 1 - smoothing), smoothing / classes)
    terms = mul(terms, target)
    if weight is not None:
        require_class_weight("cross_entropy", weight.array, classes)
        terms = mul(terms, reshape(weight, (classes, *[1] * (input.ndim - axis - 1))))
    return reduced("cross_entropy", neg(sum(terms, axis)), reduction)
