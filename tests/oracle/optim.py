"""Optimizer steps from their papers, one element at a time in float64."""

import math

import numpy as np


def update(parameter, gradient, slots, scale, finite, *state, rule, nesterov, maximize):
    outputs = [array.copy() for array in (parameter, *state)]
    if not finite:
        return tuple(outputs)
    steps, *numbers = (float(slot) for slot in slots)
    for place in np.ndindex(parameter.shape):
        g = gradient[place] / float(scale) * (-1 if maximize else 1)
        values = [array[place] for array in (parameter, *state)]
        for output, value in zip(
            outputs, RULES[rule](g, steps, nesterov, *numbers, *values), strict=True
        ):
            output[place] = value
    return tuple(outputs)


def sgd(g, steps, nesterov, lr, momentum, dampening, weight_decay, p, b):
    g = g + weight_decay * p
    b = g if steps == 0 else momentum * b + (1 - dampening) * g
    return p - lr * (g + momentum * b if nesterov else b), b


def adam(g, steps, nesterov, lr, beta1, beta2, eps, weight_decay, p, m, v):
    g = g + weight_decay * p
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1 ** (steps + 1))
    v_hat = v / (1 - beta2 ** (steps + 1))
    return p - lr * m_hat / (math.sqrt(v_hat) + eps), m, v


def adamw(g, steps, nesterov, lr, beta1, beta2, eps, weight_decay, p, m, v):
    p = p - lr * weight_decay * p
    return adam(g, steps, nesterov, lr, beta1, beta2, eps, 0.0, p, m, v)


RULES = {"sgd": sgd, "adam": adam, "adamw": adamw}


def count_step(slots, finite):
    counted = slots.copy()
    counted[0] += 1 if finite else 0
    return counted
