"""One step of an optimizer over a stretch of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide


def update(
    parameter: Array,
    gradient: Array,
    slots: Array,
    scale: Array,
    finite: Array,
    *arrays: Array,
    rule: str,
    nesterov: bool,
    maximize: bool,
) -> None:
    state, outputs = arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]
    if not finite:
        results = (parameter, *state)
    else:
        p, g = wide(parameter), wide(gradient)
        g = g / p.dtype.type(-scale if maximize else scale)
        steps, *numbers = slots
        results = _RULES[rule](p, g, int(steps), nesterov, *numbers, *map(wide, state))
    for output, values in zip(outputs, results, strict=True):
        output[...] = values


def count_step(slots: Array, finite: Array, counted: Array) -> None:
    counted[...] = slots
    counted[0] += bool(finite)


# Numbers are float64 and rounded to the arrays' dtype last: 1 - beta would cancel in fp32.


def _sgd(
    p: Array,
    g: Array,
    steps: int,
    nesterov: bool,
    lr: Any,
    momentum: Any,
    dampening: Any,
    weight_decay: Any,
    b: Array,
) -> tuple[Array, ...]:
    of = p.dtype.type
    g = g + of(weight_decay) * p
    b = g if steps == 0 else of(momentum) * b + of(1 - dampening) * g
    return p - of(lr) * (g + of(momentum) * b if nesterov else b), b


def _adam(
    p: Array,
    g: Array,
    steps: int,
    nesterov: bool,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    m: Array,
    v: Array,
) -> tuple[Array, ...]:
    of = p.dtype.type
    g = g + of(weight_decay) * p
    m = m + of(1 - beta1) * (g - m)
    v = of(beta2) * v + of(1 - beta2) * g * g
    step_size = lr / (1 - beta1 ** (steps + 1))
    root = np.sqrt(1 - beta2 ** (steps + 1))
    return p - of(step_size) * m / (np.sqrt(v) / of(root) + of(eps)), m, v


def _adamw(
    p: Array,
    g: Array,
    steps: int,
    nesterov: bool,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    m: Array,
    v: Array,
) -> tuple[Array, ...]:
    p = p * p.dtype.type(1 - lr * weight_decay)
    return _adam(p, g, steps, nesterov, lr, beta1, beta2, eps, 0.0, m, v)


_RULES: dict[str, Callable[..., tuple[Array, ...]]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adamw,
}
