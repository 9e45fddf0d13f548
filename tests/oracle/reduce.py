"""Reductions from their definitions, one element after the other in float64."""

import math

import numpy as np

from tests.oracle.arithmetic import isnan, larger, power, quotient, smaller, times


def groups(x, axes):
    """Every place of the reduced shape (axes kept with length 1), and the places it gathers."""
    axes = [axis % x.ndim for axis in axes] if x.ndim else []
    kept = [1 if axis in axes else length for axis, length in enumerate(x.shape)]
    inner = [length if axis in axes else 1 for axis, length in enumerate(x.shape)]
    for place in np.ndindex(*kept):
        yield (
            place,
            [tuple(np.add(place, step).tolist()) for step in np.ndindex(*inner)]
            if x.ndim
            else [()],
        )


def reduced(x, axes, keepdims, function, dtype=float):
    """`function` of the list of values that each place of the result gathers."""
    places = list(groups(x, axes))
    values = [function([x[where].item() for where in gathered]) for _, gathered in places]
    axes = [axis % x.ndim for axis in axes] if x.ndim else []
    shape = [
        1 if axis in axes else length
        for axis, length in enumerate(x.shape)
        if keepdims or axis not in axes
    ]
    return np.array(values, dtype if values else float).reshape(shape)


def total(values):
    result = 0
    for value in values:
        result = result + value
    return result


def product(values):
    result = 1
    for value in values:
        result = times(result, value) if isinstance(value, float) else result * value
    return result


def extreme(choose):
    def function(values):
        best = values[0]
        for value in values[1:]:
            best = choose(best, value)
        return best

    return function


def logsumexp(values):
    if any(isnan(value) for value in values):
        return math.nan
    if math.inf in values:
        return math.inf
    finite = [value for value in values if value != -math.inf]
    if not finite:
        return -math.inf
    return max(finite) + math.log(total(math.exp(value - max(finite)) for value in finite))


FUNCTIONS = {
    "sum": total,
    "mean": lambda values: quotient(total(values), len(values)),
    "prod": product,
    "amax": extreme(larger),
    "amin": extreme(smaller),
    "count": lambda values: len([value for value in values if value != 0]),
    "any": lambda values: any(value != 0 for value in values),
    "all": lambda values: all(value != 0 for value in values),
    "logsumexp": logsumexp,
}


def reduce(x, *, rule, axes, keepdims):
    whole = x.dtype.kind in "iub" and rule not in ("amax", "amin")
    dtype = float if x.dtype.kind == "f" else np.int64 if whole else x.dtype
    dtype = {"any": bool, "all": bool, "count": np.int64}.get(rule, dtype)
    return reduced(x, axes, keepdims, FUNCTIONS[rule], dtype)


def prod_gradient(dy, x, *, axes):
    dx = np.zeros(x.shape)
    for place, gathered in groups(x, axes):
        for where in gathered:
            others = [x[other].item() for other in gathered if other != where]
            dx[where] = times(dy[place], product(others))
    return dx


def arg_reduce(x, *, rule, axis, keepdims):
    def first(values):
        best = extreme(larger if rule == "argmax" else smaller)(values)
        hits = [value == best or (isnan(value) and isnan(best)) for value in values]
        return hits.index(True)

    axes = range(x.ndim) if axis is None else (axis,)
    return reduced(x, axes, keepdims, first, np.int64)


def pick_gradient(dy, index, *, axis, length):
    if not dy.ndim:
        return dy
    shape = list(dy.shape)
    shape[axis] = length
    dx = np.zeros(shape)
    for place in np.ndindex(*dy.shape):
        where = list(place)
        where[axis] = index[place]
        dx[tuple(where)] = dy[place]
    return dx


def cumulative(x, *, rule, axis, backwards):
    y = np.zeros(x.shape, x.dtype if x.dtype.kind == "f" else np.int64)
    for _, gathered in groups(x, (axis,)):
        for position, where in enumerate(gathered):
            run = gathered[position:] if backwards else gathered[: position + 1]
            values = [x[place].item() for place in run]
            y[where] = total(values) if rule == "cumsum" else product(values)
    return y


def cumprod_gradient(dy, x, *, axis):
    dx = np.zeros(x.shape)
    for _, gathered in groups(x, (axis,)):
        for i, where in enumerate(gathered):
            for k in range(i, len(gathered)):
                others = [x[gathered[j]].item() for j in range(k + 1) if j != i]
                dx[where] += times(dy[gathered[k]], product(others))
    return dx


def variance(x, *, axes, correction, keepdims):
    def mean(values):
        return quotient(total(values), len(values))

    def spread(values):
        centre = mean(values)
        divisor = max(len(values) - correction, 0)
        return quotient(total((value - centre) ** 2 for value in values), divisor)

    return tuple(reduced(x, axes, keepdims, function) for function in (spread, mean))


def vector_norm(x, *, order, axes, keepdims):
    def norm(values):
        sizes = [abs(value) for value in values]
        if math.isinf(order):
            return extreme(larger if order > 0 else smaller)(sizes)
        if order == 0:
            return len([size for size in sizes if size != 0])
        return power(total(power(size, order) for size in sizes), 1 / order)

    return reduced(x, axes, keepdims, norm)
