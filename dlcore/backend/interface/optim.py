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
        formula: the update of parameter p by gradient g, learning rate lr.
        slots: numbers that may change at every step, in the order in which they lie in `slots`,
            after the count of steps done.
        state: arrays of the parameters' shape.
    """

    formula: str
    slots: tuple[str, ...]
    state: tuple[str, ...]


RULES: dict[str, UpdateRule] = {
    "sgd": UpdateRule(
        "g += weight_decay p; b = momentum b + (1 - dampening) g, b = g at the first step; "
        "p -= lr b, or lr (g + momentum b) with nesterov",
        ("lr", "momentum", "dampening", "weight_decay"),
        ("momentum_buffer",),
    ),
    "adam": UpdateRule(
        "g += weight_decay p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g; "
        "p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)",
        ("lr", "beta1", "beta2", "eps", "weight_decay"),
        ("exp_avg", "exp_avg_sq"),
    ),
    "adamw": UpdateRule(
        "p -= lr weight_decay p; then as adam without weight decay",
        ("lr", "beta1", "beta2", "eps", "weight_decay"),
        ("exp_avg", "exp_avg_sq"),
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
    nesterov: bool,
    maximize: bool,
) -> tuple[Array, ...]:
    """(parameter, *state) after one step; unchanged where the flag `finite` is false.

    Shapes: parameter, gradient, every state: (E,), one stretch of a flat buffer; slots: (1 + the
    rule's,), the first is the count of steps done; scale, finite: (). Outputs may be the inputs.
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
