"""Losses of one value against another: forward and backward."""

from __future__ import annotations

import math
from collections.abc import Callable

from dlcore.autograd import no_grad, result
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array
from dlcore.backend.interface.checks import require_dtype, require_option
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.arithmetic import add, mul, sub, true_divide
from dlcore.ops.compare import eq, gt
from dlcore.ops.elementwise import exp, log, square
from dlcore.ops.loss import REDUCTIONS, reduced
from dlcore.ops.operands import backend_of, promoted
from dlcore.ops.reduce import sum
from dlcore.ops.rules import pointwise
from dlcore.ops.select import clamp, where
from dlcore.tensors import Tensor


def alike(operation: str, input: Tensor, target: Tensor, what: str = "target") -> list[Tensor]:
    """Two tensors of one shape in the float dtype in which they meet."""
    backend_of(operation, input, target)
    if input.shape != target.shape:
        raise ShapeError(
            operation,
            expected=f"a {what} of input's shape {input.shape}",
            received=f"shape {target.shape}",
            remedy="reshape one of them; a missing axis of 1 is the usual cause",
        )
    require_dtype(operation, "input", input.array, FLOATS)
    return promoted(operation, input, target)


def mse_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """The squared error (input - target)².

    Shapes: input, target and weight: the same; the result: that shape for reduction "none", else no
    axes. Dtypes: floats, promoted; fp32 under autocast.

    Args:
        weight: how much each element counts; "mean" divides by the sum of the weights.

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import mse_loss
    >>> mse_loss(dl.tensor([1.0, 2.0]), dl.tensor([1.0, 4.0]))
    tensor(2.)

    Raises:
        ShapeError: shapes that differ; nothing is broadcast here, where it is a mistake more often
            than not.
        OptionError: a reduction other than "mean", "sum" and "none".
    """
    return _of_difference(
        "mse_loss",
        input,
        target,
        reduction,
        lambda backend, d: pointwise(backend, "square", d),
        lambda backend, dy, d: pointwise(backend, "square_gradient", dy, d),
        weight,
    )


def l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """The absolute error |input - target|; its gradient is 0 where they are equal.

    Shapes, dtypes, errors: as `mse_loss`.
    """
    return _of_difference(
        "l1_loss",
        input,
        target,
        reduction,
        lambda backend, d: pointwise(backend, "absolute", d),
        lambda backend, dy, d: pointwise(backend, "absolute_gradient", dy, d),
        weight,
    )


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d² / 2 for |d| <= delta, delta (|d| - delta / 2) beyond, for d = input - target.

    Shapes, dtypes, errors: as `mse_loss`; OptionError also for a delta that isn't positive. With a
    weight "mean" still divides by the number of elements, as in PyTorch.
    """
    _require("huber_loss", "delta", delta, "a positive delta", delta > 0)
    if weight is None:
        return _huber("huber_loss", input, target, reduction, delta)
    losses = _weighted("huber_loss", _huber("huber_loss", input, target, "none", delta), weight)
    return reduced("huber_loss", losses, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """d² / (2 beta) for |d| < beta, |d| - beta / 2 beyond, for d = input - target.

    It is the Huber loss with delta = beta, over beta; with beta 0 it is `l1_loss`.

    Shapes, dtypes, errors: as `mse_loss`; OptionError also for a negative beta.
    """
    _require("smooth_l1_loss", "beta", beta, "a beta of at least 0", beta >= 0)
    if beta == 0:
        return l1_loss(input, target, reduction)
    return true_divide(_huber("smooth_l1_loss", input, target, reduction, beta), beta)


def _huber(operation: str, input: Tensor, target: Tensor, reduction: str, delta: float) -> Tensor:
    def value(backend: Backend, d: Array) -> Array:  # q (|d| - q / 2) with q = min(|d|, delta)
        size = pointwise(backend, "absolute", d)
        q = pointwise(backend, "clamp", size, parameters=(0.0, delta))
        half = pointwise(backend, "multiply_number", q, parameters=(0.5,))
        return pointwise(backend, "multiply", q, pointwise(backend, "subtract", size, half))

    def slope(backend: Backend, dy: Array, d: Array) -> Array:
        limited = pointwise(backend, "clamp", d, parameters=(-delta, delta))
        return pointwise(backend, "multiply", dy, limited)

    return _of_difference(operation, input, target, reduction, value, slope)


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """The Kullback-Leibler divergence t (log t - input) of log-probabilities from the target t.

    Where t is 0 so is the loss. The divergence of whole distributions is the sum over their
    elements: reduction "batchmean" divides it by the length of axis 0, "mean" by all lengths.

    Shapes: input and target: the same. Dtypes: floats, promoted; fp32 under autocast.

    Args:
        log_target: target holds log t.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    require_option("kl_div", "reduction", reduction, (*REDUCTIONS, "batchmean"))
    input, target = alike("kl_div", input, target)
    if log_target:
        losses = mul(exp(target), sub(target, input))
    else:
        nothing = eq(target, 0)
        own = mul(target, log(where(nothing, 1.0, target)))
        losses = sub(own, mul(target, input))
    if reduction != "batchmean":
        return reduced("kl_div", losses, reduction)
    total = sum(losses)
    return true_divide(total, input.shape[0]) if input.ndim else total


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts t: e^x - t x; without `log_input` x - t log(x + eps).

    With `full` the term log t! is added, by Stirling's formula where t > 1:
    t log t - t + log(2 pi t) / 2.

    Shapes: input and target: the same. Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    input, target = alike("poisson_nll_loss", input, target)
    if log_input:
        losses = sub(exp(input), mul(target, input))
    else:
        losses = sub(input, mul(target, log(add(input, eps))))
    if full:
        many = gt(target, 1)
        t = where(many, target, 1.0)
        stirling = add(sub(mul(t, log(t)), t), mul(log(mul(t, 2 * math.pi)), 0.5))
        losses = add(losses, where(many, stirling, 0.0))
    return reduced("poisson_nll_loss", losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log v + (input - target)² / v) / 2 with v = max(var, eps), plus log(2 pi) / 2 if `full`.

    The gradient of v is that of var, also where eps took its place.
    Shapes: input and target: the same; var: broadcast to them. Dtypes: floats, promoted.

    Raises:
        ShapeError: shapes that differ. OptionError: an unknown reduction.
    """
    input, target = alike("gaussian_nll_loss", input, target)
    with no_grad():
        floored = clamp(var, min=eps)
    v = result("clamp", floored.array, var.backend, (var, lambda dy: dy))
    losses = mul(add(log(v), true_divide(square(sub(input, target)), v)), 0.5)
    if full:
        losses = add(losses, 0.5 * math.log(2 * math.pi))
    return reduced("gaussian_nll_loss", losses, reduction)


def _of_difference(
    operation: str,
    input: Tensor,
    target: Tensor,
    reduction: str,
    value: Callable[[Backend, Array], Array],
    slope: Callable[[Backend, Array, Array], Array],
    weight: Tensor | None = None,
) -> Tensor:
    """A loss value(d) of d = input - target; slope(dy, d) is its gradient."""
    require_option(operation, "reduction", reduction, REDUCTIONS)
    input, target = alike(operation, input, target)
    backend = input.backend
    d = pointwise(backend, "subtract", input.array, target.array)
    losses = result(
        operation,
        value(backend, d),
        backend,
        (input, lambda dy: slope(backend, dy, d)),
        (target, lambda dy: pointwise(backend, "negative", slope(backend, dy, d))),
    )
    if weight is None:
        return reduced(operation, losses, reduction)
    losses = _weighted(operation, losses, weight)
    return (
        true_divide(sum(losses), sum(weight))
        if reduction == "mean"
        else reduced(operation, losses, reduction)
    )


def _weighted(operation: str, losses: Tensor, weight: Tensor) -> Tensor:
    """Losses times weights of their shape."""
    return mul(*alike(operation, losses, weight, "weight"))


def _require(operation: str, argument: str, value: float, expected: str, holds: bool) -> None:
    if not holds:
        raise OptionError(
            operation,
            expected=expected,
            received=f"{argument}={value}",
            remedy="choose another value",
        )
