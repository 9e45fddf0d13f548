"""One step of an optimizer over a stretch of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide

Numbers = list[Any]
Results = tuple[Array, ...]


def update(
    parameter: Array,
    gradient: Array,
    slots: Array,
    scale: Array,
    finite: Array,
    *arrays: Array,
    rule: str,
    maximize: bool,
) -> None:
    state, outputs = arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]
    if not finite:
        results = (parameter, *state)
    else:
        p, g = wide(parameter), wide(gradient)
        g = g / p.dtype.type(-scale if maximize else scale)
        steps, *numbers = slots
        results = _RULES[rule](p, g, int(steps) + 1, numbers, *map(wide, state))
    for output, values in zip(outputs, results, strict=True):
        output[...] = values


def count_step(slots: Array, finite: Array, counted: Array) -> None:
    counted[...] = slots
    counted[0] += bool(finite)


# Numbers are float64 and rounded to the arrays' dtype last: 1 - beta would cancel in fp32.


def _momentum(p: Array, g: Array, t: int, numbers: Numbers, b: Array) -> Results:
    of = p.dtype.type
    _, momentum, dampening, weight_decay = numbers
    g = g + of(weight_decay) * p
    return g, g if t == 1 else of(momentum) * b + of(1 - dampening) * g


def _sgd(p: Array, g: Array, t: int, numbers: Numbers, b: Array) -> Results:
    _, b = _momentum(p, g, t, numbers, b)
    return p - p.dtype.type(numbers[0]) * b, b


def _nesterov(p: Array, g: Array, t: int, numbers: Numbers, b: Array) -> Results:
    of = p.dtype.type
    g, b = _momentum(p, g, t, numbers, b)
    return p - of(numbers[0]) * (g + of(numbers[1]) * b), b


def _moments(p: Array, g: Array, numbers: Numbers, m: Array, v: Array) -> Results:
    of = p.dtype.type
    _, beta1, beta2, _, weight_decay = numbers
    g = g + of(weight_decay) * p
    return m + of(1 - beta1) * (g - m), of(beta2) * v + of(1 - beta2) * g * g


def _adam_step(p: Array, t: int, numbers: Numbers, m: Array, v: Array) -> Any:
    of = p.dtype.type
    lr, beta1, beta2, eps, _ = numbers
    step_size, root = lr / (1 - beta1**t), np.sqrt(1 - beta2**t)
    return of(step_size) * m / (np.sqrt(v) / of(root) + of(eps))


def _adam(p: Array, g: Array, t: int, numbers: Numbers, m: Array, v: Array) -> Results:
    m, v = _moments(p, g, numbers, m, v)
    return p - _adam_step(p, t, numbers, m, v), m, v


def _amsgrad(p: Array, g: Array, t: int, numbers: Numbers, m: Array, v: Array, w: Array) -> Results:
    m, v = _moments(p, g, numbers, m, v)
    w = np.maximum(w, v)
    return p - _adam_step(p, t, numbers, m, w), m, v, w


def _decoupled(rule: Callable[..., Results]) -> Callable[..., Results]:
    """The rule with the weight decay taken from the parameter itself."""

    def decayed(p: Array, g: Array, t: int, numbers: Numbers, *state: Array) -> Results:
        *others, weight_decay = numbers
        p = p * p.dtype.type(1 - numbers[0] * weight_decay)
        return rule(p, g, t, [*others, 0.0], *state)

    return decayed


def _adamax(p: Array, g: Array, t: int, numbers: Numbers, m: Array, u: Array) -> Results:
    of = p.dtype.type
    lr, beta1, beta2, eps, weight_decay = numbers
    g = g + of(weight_decay) * p
    m = m + of(1 - beta1) * (g - m)
    u = np.maximum(of(beta2) * u, np.abs(g) + of(eps))
    return p - of(lr / (1 - beta1**t)) * m / u, m, u


def _radam(p: Array, g: Array, t: int, numbers: Numbers, m: Array, v: Array) -> Results:
    of = p.dtype.type
    lr, beta1, beta2, eps, _ = numbers
    m, v = _moments(p, g, numbers, m, v)
    step = of(lr / (1 - beta1**t)) * m
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * t * beta2**t / (1 - beta2**t)
    if length > 5:
        variance = (length - 4) * (length - 2) * longest
        variance /= (longest - 4) * (longest - 2) * length
        step = step * of(np.sqrt(variance * (1 - beta2**t))) / (np.sqrt(v) + of(eps))
    return p - step, m, v


def _adagrad(p: Array, g: Array, t: int, numbers: Numbers, s: Array) -> Results:
    of = p.dtype.type
    lr, lr_decay, weight_decay, initial, eps = numbers
    g = g + of(weight_decay) * p
    s = (of(initial) if t == 1 else s) + g * g
    return p - of(lr / (1 + (t - 1) * lr_decay)) * g / (np.sqrt(s) + of(eps)), s


def _adadelta(p: Array, g: Array, t: int, numbers: Numbers, v: Array, a: Array) -> Results:
    lr, rho, eps, weight_decay, rest = map(p.dtype.type, (*numbers, 1 - numbers[1]))
    g = g + weight_decay * p
    v = rho * v + rest * g * g
    d = np.sqrt(a + eps) / np.sqrt(v + eps) * g
    return p - lr * d, v, rho * a + rest * d * d


def _rmsprop(
    p: Array, g: Array, t: int, numbers: Numbers, v: Array, b: Array, *average: Array
) -> Results:
    lr, alpha, eps, weight_decay, momentum, rest = map(p.dtype.type, (*numbers, 1 - numbers[1]))
    g = g + weight_decay * p
    v = alpha * v + rest * g * g
    average = tuple(a + rest * (g - a) for a in average)
    variance = np.maximum(v - sum(a * a for a in average), 0)  # rounding may go below
    b = momentum * b + g / (np.sqrt(variance) + eps)
    return p - lr * b, v, b, *average


def _rprop(p: Array, g: Array, t: int, numbers: Numbers, last: Array, s: Array) -> Results:
    lr, eta_minus, eta_plus, low, high = map(p.dtype.type, numbers)
    turned = np.sign(g) * np.sign(last)
    s = np.full_like(p, lr) if t == 1 else s
    s = np.where(turned > 0, s * eta_plus, np.where(turned < 0, s * eta_minus, s))
    s = np.minimum(np.maximum(s, low), high)
    g = np.where(turned < 0, 0, g)
    return p - np.sign(g) * s, g, s


def _norm(x: Array) -> Any:
    return np.sqrt(np.square(x).sum())


def _lars(p: Array, g: Array, t: int, numbers: Numbers, b: Array) -> Results:
    lr, momentum, weight_decay, trust = map(p.dtype.type, numbers)
    length, slope = _norm(p), _norm(g)
    trusted = length > 0 and slope > 0
    ratio = trust * length / (slope + weight_decay * length) if trusted else p.dtype.type(1)
    b = momentum * b + lr * ratio * (g + weight_decay * p)
    return p - b, b


def _lamb(p: Array, g: Array, t: int, numbers: Numbers, m: Array, v: Array) -> Results:
    of = p.dtype.type
    lr, *others, weight_decay = numbers
    m, v = _moments(p, g, [*numbers[:-1], 0.0], m, v)
    r = _adam_step(p, t, [1.0, *others, 0.0], m, v) + of(weight_decay) * p
    length, stride = _norm(p), _norm(r)
    ratio = length / stride if length > 0 and stride > 0 else of(1)
    return p - of(lr) * ratio * r, m, v


_RULES: dict[str, Callable[..., Results]] = {
    "sgd": _sgd,
    "nesterov": _nesterov,
    "adam": _adam,
    "adamw": _decoupled(_adam),
    "amsgrad": _amsgrad,
    "amsgradw": _decoupled(_amsgrad),
    "adamax": _adamax,
    "radam": _radam,
    "radamw": _decoupled(_radam),
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "centered_rmsprop": _rmsprop,
    "rprop": _rprop,
    "lars": _lars,
    "lamb": _lamb,
}
