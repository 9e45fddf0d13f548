"""Operations that choose by chance: slopes, classes.

In formulas x is the input. What is drawn depends on seed, purpose, module, step and place: see
`dlcore/random.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.autograd import no_grad
from dlcore.backend.base import HostArray
from dlcore.backend.interface.array import FLOATS, Shape, Spec, int64
from dlcore.backend.interface.checks import axis_in, require_dtype
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.activation import leaky_relu
from dlcore.ops.arithmetic import add, mul, sub, true_divide
from dlcore.ops.attach import method
from dlcore.ops.gather import scatter
from dlcore.ops.operands import backend_of
from dlcore.ops.reduce import argmax
from dlcore.ops.select import where
from dlcore.ops.softmax import softmax
from dlcore.random import draw_on_host, uniform_values
from dlcore.tensors import Tensor


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """x where it is positive, else a x with a slope a from lower to upper for each element.

    In training slopes are drawn, else all are the mean of both bounds. `inplace` is a hint without
    effect.

    Raises:
        OptionError: lower above upper.

    Source: Xu et al., Empirical Evaluation of Rectified Activations, 2015 (arXiv 1505.00853).
    """
    backend = backend_of("rrelu", input)
    require_dtype("rrelu", "input", input.array, FLOATS)
    if not lower <= upper:
        raise OptionError(
            "rrelu",
            expected="lower <= upper",
            received=f"lower {lower}, upper {upper}",
            remedy="exchange them",
        )
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    slopes = backend.empty(Spec(input.shape, input.dtype))
    draw_on_host(
        backend,
        slopes,
        "rrelu",
        lambda shape, bits: lower + (upper - lower) * uniform_values(shape, bits),
    )
    return where(input > 0, input, mul(input, Tensor(slopes, backend)))


def gumbel_softmax(
    logits: Tensor, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """softmax((logits + g) / tau) with g = -log(-log u) for random u: a soft choice by chance.

    Args:
        logits: unnormalised log-probabilities along `dim`.
        tau: the smaller, the nearer to a choice of one class.
        hard: give rows of zeros and a one, with the gradient of the soft choice.
        eps: has no effect, as in PyTorch.
        dim: the axis of classes.

    Raises:
        ShapeError: no such axis. DtypeError: not a float.

    Source: Jang et al., Categorical Reparameterization with Gumbel-Softmax, 2017, equation 2.
    """
    backend = backend_of("gumbel_softmax", logits)
    require_dtype("gumbel_softmax", "logits", logits.array, FLOATS)
    axis = axis_in("gumbel_softmax", dim, logits.ndim)
    noise = backend.empty(Spec(logits.shape, logits.dtype))
    draw_on_host(backend, noise, "gumbel_softmax", _gumbel_values)
    soft = softmax(true_divide(add(logits, Tensor(noise, backend)), tau), axis)
    if not hard:
        return soft
    with no_grad():
        nothing = mul(soft, 0.0)
        choice = scatter(nothing, axis, argmax(soft, axis, keepdim=True), 1.0)
        step = sub(choice, soft)
    return add(step, soft)


def _gumbel_values(shape: Shape, bits: Any) -> HostArray:
    uniform: HostArray = bits(shape) * 0.5**32 + 0.5**33  # neither 0 nor 1
    return -np.log(-np.log(uniform))


@method
def multinomial(input: Tensor, num_samples: int, replacement: bool = False) -> Tensor:
    """Indices (int64) drawn with the probabilities that rows hold; synchronises.

    Shapes: input: (K) or (N, K); the result: (num_samples) or (N, num_samples). Weights need not
    add up to 1. Without replacement no index comes twice in a row.

    >>> import dlcore as dl
    >>> dl.multinomial(dl.tensor([0.0, 1.0, 0.0]), 1)
    tensor([1], dtype=int64)

    Raises:
        OptionError: a negative or infinite weight, or fewer weights above 0 than samples.
        ShapeError: another number of axes. DtypeError: not floats.
    """
    backend = backend_of("multinomial", input)
    require_dtype("multinomial", "input", input.array, FLOATS)
    if input.ndim not in (1, 2) or not input.shape[-1]:
        raise ShapeError(
            "multinomial",
            expected="weights with the axes K or N K, K at least 1",
            received=f"shape {input.shape}",
            remedy="reshape them",
        )
    drawn = backend.empty(Spec((*input.shape[:-1], num_samples), int64))
    if input.device == "meta":
        return Tensor(drawn, backend)
    weights = np.asarray(backend.download(input.array), np.float64).reshape(-1, input.shape[-1])
    _require_weights(input, weights, 1 if replacement else num_samples, num_samples)

    def by_chance(shape: Shape, bits: Any) -> HostArray:
        if replacement:
            ends = np.cumsum(weights, axis=1)
            marks = (bits((len(weights), num_samples)) * 0.5**32) * ends[:, -1:]
            rows = [np.searchsorted(*pair, side="right") for pair in zip(ends, marks, strict=True)]
            return np.reshape(rows, shape)
        # The first of exponential waiting times with these rates, the second, ...
        waits = -np.log(bits(weights.shape) * 0.5**32 + 0.5**33)
        times = np.where(weights > 0, waits / np.where(weights > 0, weights, 1), np.inf)
        return np.argsort(times, axis=1, kind="stable")[:, :num_samples].reshape(shape)

    draw_on_host(backend, drawn, "multinomial", by_chance)
    return Tensor(drawn, backend)


def _require_weights(x: Tensor, weights: HostArray, needed: int, samples: int) -> None:
    good = np.isfinite(weights).all() and (weights >= 0).all()
    if samples < 1 or not good or ((weights > 0).sum(axis=1) < needed).any():
        raise OptionError(
            "multinomial",
            expected=f"at least {needed} positive weights in each row, none negative or infinite, "
            "and at least one sample",
            received=f"weights of shape {x.shape} for {samples} samples",
            remedy="draw with replacement, or check the weights",
        )
