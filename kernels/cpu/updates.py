"""The update rules of optimizers in vector code, by name: all but those that take norms.

A rule is made of the count of steps and the numbers in the slots, float64 both, and turns vectors
of parameter, gradient and state into new ones. Formulas are in the contract; the order of
operations is that of the NumPy kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value

Step = Callable[..., Sequence[Value]]
"""(parameter, gradient, *state) to new (parameter, *state)."""
Rule = Callable[[Emitter, Value, list[Value]], Step]


def _vector(v: Emitter, number: Value) -> Value:
    """A float64 number, rounded to float32 last: 1 - beta would cancel before."""
    return v.splat(number.to("float32"))


def _vectors(v: Emitter, *numbers: Value) -> list[Value]:
    return [_vector(v, number) for number in numbers]


def _power(v: Emitter, base: Value, exponent: Value) -> Value:
    return v.library("pow", base, exponent)


def _sgd(v: Emitter, t: Value, numbers: list[Value], nesterov: bool = False) -> Step:
    lr, momentum, rest, decay = _vectors(v, *numbers[:2], 1.0 - numbers[2], numbers[3])
    first = t.equals(1.0)

    def step(p: Value, g: Value, b: Value) -> list[Value]:
        g = g + decay * p
        b = v.select(first, g, momentum * b + rest * g)
        return [p - lr * (g + momentum * b if nesterov else b), b]

    return step


def _nesterov(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    return _sgd(v, t, numbers, nesterov=True)


Moments = Callable[[Value, Value, Value, Value], tuple[Value, Value]]


def _moments(v: Emitter, numbers: list[Value]) -> Moments:
    """New m and v of p, g, m, v."""
    _, beta1, beta2, _, weight_decay = numbers
    rest1, kept2, rest2, decay = _vectors(v, 1.0 - beta1, beta2, 1.0 - beta2, weight_decay)

    def step(p: Value, g: Value, m: Value, s: Value) -> tuple[Value, Value]:
        g = g + decay * p
        return m + rest1 * (g - m), kept2 * s + rest2 * g * g

    return step


def _adam(v: Emitter, t: Value, numbers: list[Value], amsgrad: bool = False) -> Step:
    lr, beta1, beta2, eps, _ = numbers
    size, root, small = _vectors(
        v, lr / (1.0 - _power(v, beta1, t)), v.sqrt(1.0 - _power(v, beta2, t)), eps
    )
    moments = _moments(v, numbers)

    def step(p: Value, g: Value, m: Value, s: Value, *largest: Value) -> list[Value]:
        m, s = moments(p, g, m, s)
        largest = tuple(v.maximum(w, s) for w in largest)
        divisor = v.sqrt(largest[0] if amsgrad else s) / root + small
        return [p - size * m / divisor, m, s, *largest]

    return step


def _amsgrad(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    return _adam(v, t, numbers, amsgrad=True)


def _decoupled(rule: Rule) -> Rule:
    """The rule with the weight decay taken from the parameter itself."""

    def decayed(v: Emitter, t: Value, numbers: list[Value]) -> Step:
        *others, decay = numbers
        kept = _vector(v, 1.0 - numbers[0] * decay)
        plain = rule(v, t, [*others, decay * 0.0])
        return lambda p, *others: plain(p * kept, *others)

    return decayed


def _adamax(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    lr, beta1, beta2, eps, weight_decay = numbers
    size, rest1, kept2, small, decay = _vectors(
        v, lr / (1.0 - _power(v, beta1, t)), 1.0 - beta1, beta2, eps, weight_decay
    )

    def step(p: Value, g: Value, m: Value, u: Value) -> list[Value]:
        g = g + decay * p
        m = m + rest1 * (g - m)
        u = v.maximum(kept2 * u, v.abs(g) + small)
        return [p - size * m / u, m, u]

    return step


def _radam(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    lr, beta1, beta2, eps, _ = numbers
    power = _power(v, beta2, t)
    longest = 2.0 / (1.0 - beta2) - 1.0
    length = longest - 2.0 * t * power / (1.0 - power)
    variance = (length - 4.0) * (length - 2.0) * longest
    variance = variance / ((longest - 4.0) * (longest - 2.0) * length)
    size, root, small = _vectors(
        v, lr / (1.0 - _power(v, beta1, t)), v.sqrt(variance * (1.0 - power)), eps
    )
    long, moments = length > 5.0, _moments(v, numbers)

    def step(p: Value, g: Value, m: Value, s: Value) -> list[Value]:
        m, s = moments(p, g, m, s)
        plain = size * m
        return [p - v.select(long, plain * root / (v.sqrt(s) + small), plain), m, s]

    return step


def _adagrad(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    lr, lr_decay, weight_decay, initial, eps = numbers
    size, decay, begin, small = _vectors(
        v, lr / (1.0 + (t - 1.0) * lr_decay), weight_decay, initial, eps
    )
    first = t.equals(1.0)

    def step(p: Value, g: Value, s: Value) -> list[Value]:
        g = g + decay * p
        s = v.select(first, begin, s) + g * g
        return [p - size * g / (v.sqrt(s) + small), s]

    return step


def _adadelta(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    lr, rho, eps, decay, rest = _vectors(v, *numbers, 1.0 - numbers[1])

    def step(p: Value, g: Value, s: Value, a: Value) -> list[Value]:
        g = g + decay * p
        s = rho * s + rest * g * g
        d = v.sqrt(a + eps) / v.sqrt(s + eps) * g
        return [p - lr * d, s, rho * a + rest * d * d]

    return step


def _rmsprop(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    lr, alpha, eps, decay, momentum, rest = _vectors(v, *numbers, 1.0 - numbers[1])

    def step(p: Value, g: Value, s: Value, b: Value, *average: Value) -> list[Value]:
        g = g + decay * p
        s = alpha * s + rest * g * g
        average = tuple(a + rest * (g - a) for a in average)
        variance = s
        for a in average:
            variance = variance - a * a
        variance = v.maximum(variance, v.splat(0.0))  # rounding may go below
        b = momentum * b + g / (v.sqrt(variance) + eps)
        return [p - lr * b, s, b, *average]

    return step


def _rprop(v: Emitter, t: Value, numbers: list[Value]) -> Step:
    lr, eta_minus, eta_plus, low, high = _vectors(v, *numbers)
    first, zero = t.equals(1.0), v.splat(0.0)

    def sign(x: Value) -> Value:
        one = v.splat(1.0)
        return v.select(x > 0.0, one, v.select(x < 0.0, zero - one, x))

    def step(p: Value, g: Value, last: Value, s: Value) -> list[Value]:
        turned = sign(g) * sign(last)
        s = v.select(first, lr, s)
        s = v.select(turned > 0.0, s * eta_plus, v.select(turned < 0.0, s * eta_minus, s))
        s = v.minimum(v.maximum(s, low), high)
        g = v.select(turned < 0.0, zero, g)
        return [p - sign(g) * s, g, s]

    return step


RULES: dict[str, Rule] = {
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
}
