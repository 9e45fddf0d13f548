"""Optimizer steps from their papers, one element at a time in float64."""

import math

import numpy as np


def update(parameter, gradient, slots, scale, finite, *state, rule, maximize):
    if not finite:
        return tuple(array.copy() for array in (parameter, *state))
    steps, *numbers = (float(slot) for slot in slots)
    outputs = [np.empty_like(array) for array in (parameter, *state)]
    places = list(np.ndindex(parameter.shape))
    g = [gradient[place] / float(scale) * (-1 if maximize else 1) for place in places]
    columns = [[array[place] for place in places] for array in (parameter, *state)]
    if rule in WHOLE:
        results = WHOLE[rule](g, int(steps) + 1, *numbers, *columns)
    else:
        elements = zip(g, *columns, strict=True)
        results = [RULES[rule](one, int(steps) + 1, *numbers, *values) for one, *values in elements]
    for place, values in zip(places, results, strict=True):
        for output, value in zip(outputs, values, strict=True):
            output[place] = value
    return tuple(outputs)


def sgd(g, t, lr, momentum, dampening, weight_decay, p, b):
    g = g + weight_decay * p
    b = g if t == 1 else momentum * b + (1 - dampening) * g
    return p - lr * b, b


def nesterov(g, t, lr, momentum, dampening, weight_decay, p, b):
    _, b = sgd(g, t, lr, momentum, dampening, weight_decay, p, b)
    return p - lr * (g + weight_decay * p + momentum * b), b


def moments(g, beta1, beta2, m, v):
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g


def direction(t, beta1, beta2, eps, m, v):
    return m / (1 - beta1**t) / (math.sqrt(v / (1 - beta2**t)) + eps)


def adam(g, t, lr, beta1, beta2, eps, weight_decay, p, m, v):
    m, v = moments(g + weight_decay * p, beta1, beta2, m, v)
    return p - lr * direction(t, beta1, beta2, eps, m, v), m, v


def amsgrad(g, t, lr, beta1, beta2, eps, weight_decay, p, m, v, w):
    m, v = moments(g + weight_decay * p, beta1, beta2, m, v)
    w = max(w, v)
    return p - lr * direction(t, beta1, beta2, eps, m, w), m, v, w


def adamax(g, t, lr, beta1, beta2, eps, weight_decay, p, m, u):
    g = g + weight_decay * p
    m = beta1 * m + (1 - beta1) * g
    u = max(beta2 * u, abs(g) + eps)
    return p - lr / (1 - beta1**t) * m / u, m, u


def radam(g, t, lr, beta1, beta2, eps, weight_decay, p, m, v):
    m, v = moments(g + weight_decay * p, beta1, beta2, m, v)
    m_hat = m / (1 - beta1**t)
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * t * beta2**t / (1 - beta2**t)
    if length <= 5:
        return p - lr * m_hat, m, v
    share = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    adaptive = math.sqrt(1 - beta2**t) / (math.sqrt(v) + eps)
    return p - lr * m_hat * adaptive * math.sqrt(share), m, v


def decoupled(rule):
    def decayed(g, t, lr, beta1, beta2, eps, weight_decay, p, *state):
        return rule(g, t, lr, beta1, beta2, eps, 0.0, p - lr * weight_decay * p, *state)

    return decayed


def adagrad(g, t, lr, lr_decay, weight_decay, initial, eps, p, s):
    g = g + weight_decay * p
    s = (initial if t == 1 else s) + g * g
    return p - lr / (1 + (t - 1) * lr_decay) * g / (math.sqrt(s) + eps), s


def adadelta(g, t, lr, rho, eps, weight_decay, p, v, a):
    g = g + weight_decay * p
    v = rho * v + (1 - rho) * g * g
    d = math.sqrt(a + eps) / math.sqrt(v + eps) * g
    return p - lr * d, v, rho * a + (1 - rho) * d * d


def rmsprop(g, t, lr, alpha, eps, weight_decay, momentum, p, v, b):
    g = g + weight_decay * p
    v = alpha * v + (1 - alpha) * g * g
    b = momentum * b + g / (math.sqrt(v) + eps)
    return p - lr * b, v, b


def centered_rmsprop(g, t, lr, alpha, eps, weight_decay, momentum, p, v, b, a):
    g = g + weight_decay * p
    v = alpha * v + (1 - alpha) * g * g
    a = alpha * a + (1 - alpha) * g
    b = momentum * b + g / (math.sqrt(max(v - a * a, 0.0)) + eps)
    return p - lr * b, v, b, a


def rprop(g, t, lr, eta_minus, eta_plus, low, high, p, last, s):
    s = lr if t == 1 else s
    if g * last > 0:
        s *= eta_plus
    elif g * last < 0:
        s *= eta_minus
    s = min(max(s, low), high)
    if g * last < 0:
        g = 0.0
    sign = 1 if g > 0 else -1 if g < 0 else 0
    return p - s * sign, g, s


def norm(values):
    return math.sqrt(sum(value * value for value in values))


def lars(g, t, lr, momentum, weight_decay, trust_coefficient, p, b):
    length, slope = norm(p), norm(g)
    ratio = 1.0
    if length > 0 and slope > 0:
        ratio = trust_coefficient * length / (slope + weight_decay * length)
    results = []
    for g_i, p_i, b_i in zip(g, p, b, strict=True):
        b_i = momentum * b_i + lr * ratio * (g_i + weight_decay * p_i)
        results.append((p_i - b_i, b_i))
    return results


def lamb(g, t, lr, beta1, beta2, eps, weight_decay, p, m, v):
    pairs = [moments(g_i, beta1, beta2, *pair) for g_i, *pair in zip(g, m, v, strict=True)]
    r = [
        direction(t, beta1, beta2, eps, *pair) + weight_decay * p_i
        for pair, p_i in zip(pairs, p, strict=True)
    ]
    length, stride = norm(p), norm(r)
    ratio = length / stride if length > 0 and stride > 0 else 1.0
    return [(p_i - lr * ratio * r_i, *pair) for p_i, r_i, pair in zip(p, r, pairs, strict=True)]


RULES = {
    "sgd": sgd,
    "nesterov": nesterov,
    "adam": adam,
    "adamw": decoupled(adam),
    "amsgrad": amsgrad,
    "amsgradw": decoupled(amsgrad),
    "adamax": adamax,
    "radam": radam,
    "radamw": decoupled(radam),
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "centered_rmsprop": centered_rmsprop,
    "rprop": rprop,
}
WHOLE = {"lars": lars, "lamb": lamb}
"""Of all elements at once, as they take norms."""


def count_step(slots, finite):
    counted = slots.copy()
    counted[0] += 1 if finite else 0
    return counted
