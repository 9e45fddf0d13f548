"""Cross-entropy of two classes: forward and backward."""

from __future__ import annotations

from math import inf

from dlcore.autograd import result
from dlcore.backend.interface.array import Array
from dlcore.ops.activation import logsigmoid
from dlcore.ops.arithmetic import add, mul, rsub, sub
from dlcore.ops.loss import reduced
from dlcore.ops.regression_loss import alike
from dlcore.ops.rules import pointwise
from dlcore.tensors import Tensor


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-(t log x + (1 - t) log(1 - x)) for probabilities x; logarithms are at least -100.

    Prefer `binary_cross_entropy_with_logits`, which doesn't lose what a sigmoid rounds away.

    Shapes: input and target: the same; weight: broadcast to them. Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    input, target = alike("binary_cross_entropy", input, target)
    backend, x, t = input.backend, input.array, target.array

    def logarithm(rule: str, array: Array) -> Array:
        exact = pointwise(backend, rule, array)
        return pointwise(backend, "clamp", exact, parameters=(-100.0, inf))

    hit = logarithm("log", x)
    miss = logarithm("log1p", pointwise(backend, "negative", x))
    rest = pointwise(backend, "add_number", t, parameters=(-1.0,))
    losses = pointwise(
        backend,
        "subtract",
        pointwise(backend, "multiply", rest, miss),
        pointwise(backend, "multiply", t, hit),
    )

    def input_gradient(dy: Array) -> Array:
        other = pointwise(backend, "subtract_from", x, parameters=(1.0,))
        spread = pointwise(backend, "multiply", other, x)
        # as in PyTorch: finite where a sigmoid has reached 0 or 1
        spread = pointwise(backend, "clamp", spread, parameters=(1e-12, inf))
        slope = pointwise(backend, "divide", pointwise(backend, "subtract", x, t), spread)
        return pointwise(backend, "multiply", dy, slope)

    def target_gradient(dy: Array) -> Array:
        return pointwise(backend, "multiply", dy, pointwise(backend, "subtract", miss, hit))

    weighted = result(
        "binary_cross_entropy",
        losses,
        backend,
        (input, input_gradient),
        (target, target_gradient),
        saved=[input, target],
    )
    if weight is not None:
        weighted = mul(weighted, weight)
    return reduced("binary_cross_entropy", weighted, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """-(p t log s + (1 - t) log(1 - s)) for s = sigmoid(input), computed without s.

    Shapes: input and target: the same; weight and pos_weight (p, 1 without one): broadcast to them.
    Dtypes: floats, promoted; fp32 under autocast.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    operation = "binary_cross_entropy_with_logits"
    input, target = alike(operation, input, target)
    log_s = logsigmoid(input)
    if pos_weight is not None:
        log_s = mul(log_s, add(mul(sub(pos_weight, 1), target), 1))
    losses = sub(mul(rsub(target, 1), input), log_s)
    if weight is not None:
        losses = mul(losses, weight)
    return reduced(operation, losses, reduction)
