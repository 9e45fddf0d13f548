"""One step of an optimizer over a stretch of parameters: a primitive that takes a named rule."""

from __future__ import annotations

from typing import NamedTuple

from dlcore.backend.interface.array import FLOATS, Array, like
from dlcore.backend.interface.checks import require_dtype, require_option
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import ShapeError


class UpdateRule(NamedTuple):
    """What an optimizer keeps and what it is told.

    Attributes:
        formula: the update of parameter p by gradient g; t counts the steps from 1, state begins
            at 0, |x| is the root of the sum of squares.
        slots: numbers that may change at every step, in the order in which they lie in `slots`,
            after the count of steps done.
        state: arrays of the parameters' shape.
        norms: whether it takes norms of the stretch, which must be one whole parameter then.
    """

    formula: str
    slots: tuple[str, ...]
    state: tuple[str, ...]
    norms: bool = False


_SGD = ("lr", "momentum", "dampening", "weight_decay")
_ADAM = ("lr", "beta1", "beta2", "eps", "weight_decay")
_RMSPROP = ("lr", "alpha", "eps", "weight_decay", "momentum")

RULES: dict[str, UpdateRule] = {
    "sgd": UpdateRule(
        "g += weight_decay p; b = momentum b + (1 - dampening) g, b = g if t = 1; p -= lr b",
        _SGD,
        ("momentum_buffer",),
    ),
    "nesterov": UpdateRule(
        "g and b as in sgd; p -= lr (g + momentum b)", _SGD, ("momentum_buffer",)
    ),
    "adam": UpdateRule(
        "g += weight_decay p; m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g g; "
        "p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)",
        _ADAM,
        ("exp_avg", "exp_avg_sq"),
    ),
    "adamw": UpdateRule(
        "p -= lr weight_decay p; then as adam without weight decay",
        _ADAM,
        ("exp_avg", "exp_avg_sq"),
    ),
    "amsgrad": UpdateRule(
        "m and v as in adam; w = max(w, v); p as in adam with w for v",
        _ADAM,
        ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"),
    ),
    "amsgradw": UpdateRule(
        "p -= lr weight_decay p; then as amsgrad without weight decay",
        _ADAM,
        ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"),
    ),
    "adamax": UpdateRule(
        "g and m as in adam; u = max(beta2 u, |g| + eps), element by element; "
        "p -= lr / (1 - beta1^t) m / u",
        _ADAM,
        ("exp_avg", "exp_inf"),
    ),
    "radam": UpdateRule(
        "g, m and v as in adam; r = 2 / (1 - beta2) - 1; s = r - 2 t beta2^t / (1 - beta2^t); "
        "p -= lr / (1 - beta1^t) m, and if s > 5 that times sqrt(1 - beta2^t) / (sqrt(v) + eps) "
        "sqrt((s - 4) (s - 2) r / ((r - 4) (r - 2) s))",
        _ADAM,
        ("exp_avg", "exp_avg_sq"),
    ),
    "radamw": UpdateRule(
        "p -= lr weight_decay p; then as radam without weight decay",
        _ADAM,
        ("exp_avg", "exp_avg_sq"),
    ),
    "adagrad": UpdateRule(
        "g += weight_decay p; s += g g, from initial_accumulator_value; "
        "p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)",
        ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"),
        ("sum",),
    ),
    "adadelta": UpdateRule(
        "g += weight_decay p; v = rho v + (1 - rho) g g; d = sqrt(a + eps) / sqrt(v + eps) g; "
        "a = rho a + (1 - rho) d d; p -= lr d",
        ("lr", "rho", "eps", "weight_decay"),
        ("square_avg", "acc_delta"),
    ),
    "rmsprop": UpdateRule(
        "g += weight_decay p; v = alpha v + (1 - alpha) g g; "
        "b = momentum b + g / (sqrt(v) + eps); p -= lr b",
        _RMSPROP,
        ("square_avg", "momentum_buffer"),
    ),
    "centered_rmsprop": UpdateRule(
        "g and v as in rmsprop; a += (1 - alpha) (g - a); b and p as there with "
        "max(v - a a, 0) for v",
        _RMSPROP,
        ("square_avg", "momentum_buffer", "grad_avg"),
    ),
    "rprop": UpdateRule(
        "s times eta_plus where g and the last g have one sign, times eta_minus where they have "
        "two, and g = 0 there; s from lr, kept in [step_min, step_max]; p -= s sign(g)",
        ("lr", "eta_minus", "eta_plus", "step_min", "step_max"),
        ("prev", "step_size"),
    ),
    "lars": UpdateRule(
        "q = trust_coefficient |p| / (|g| + weight_decay |p|), 1 if |p| or |g| is 0; "
        "b = momentum b + lr q (g + weight_decay p); p -= b",
        ("lr", "momentum", "weight_decay", "trust_coefficient"),
        ("momentum_buffer",),
        norms=True,
    ),
    "lamb": UpdateRule(
        "m and v as in adamw; r = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps) + "
        "weight_decay p; q = |p| / |r|, 1 if |p| or |r| is 0; p -= lr q r",
        _ADAM,
        ("exp_avg", "exp_avg_sq"),
        norms=True,
    ),
}


@primitive
def update(
    parameter: Array,
    gradient: Array,
    slots: Array,
    scale: Array,
    finite: Array,
    *state: Array,
    rule: str,
    maximize: bool,
) -> tuple[Array, ...]:
    """(parameter, *state) after one step; unchanged where the flag `finite` is false.

    With `maximize` the gradient's sign is turned first.
    Shapes: parameter, gradient, every state: (E,), one stretch of a flat buffer (one parameter for
    a rule with norms); slots: (1 + the rule's,), the first is the count of steps done; scale,
    finite: (). Outputs may be the inputs.
    Dtypes: parameter, gradient and state are floats of one dtype, 16-bit ones are computed in fp32;
    slots float64; scale fp32: the gradient is divided by it first; finite bool.

    Raises:
        OptionError: no such rule. ShapeError: state or slots that don't fit it.
    """
    require_option("update", "rule", rule, RULES)
    require_dtype("update", "parameter", parameter, FLOATS)
    known = RULES[rule]
    if len(state) != len(known.state) or slots.shape != (1 + len(known.slots),):
        raise ShapeError(
            f"update by {rule}",
            expected=f"state {known.state} and slots (steps, {', '.join(known.slots)})",
            received=f"{len(state)} state arrays and slots of shape {slots.shape}",
            remedy="make them from RULES",
        )
    return (like(parameter), *(like(array) for array in state))


@primitive
def count_step(slots: Array, finite: Array) -> Array:
    """`slots` with the count of steps done one higher, unless the flag `finite` is false.

    Shapes: slots (S,) float64, finite () bool. The output may be the input.
    """
    return like(slots)
