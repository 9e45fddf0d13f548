"""Optimizer steps."""

import numpy as np

from dlcore.backend.interface.optim import RULES
from tests.conformance.case import Case, inputs, normal
from tests.oracle import optim as oracle

NUMBERS = {
    ("lr", "momentum", "dampening", "weight_decay"): (0.1, 0.9, 0.3, 0.01),
    ("lr", "beta1", "beta2", "eps", "weight_decay"): (0.01, 0.9, 0.99, 1e-3, 0.1),
    ("lr", "alpha", "eps", "weight_decay", "momentum"): (0.01, 0.9, 1e-3, 0.1, 0.8),
    RULES["adagrad"].slots: (0.1, 0.05, 0.1, 0.5, 1e-3),
    RULES["adadelta"].slots: (0.5, 0.8, 1e-2, 0.1),
    RULES["rprop"].slots: (0.1, 0.5, 1.2, 0.2, 1.5),
    RULES["lars"].slots: (2.0, 0.9, 0.1, 0.02),
}
SQUARES = {"exp_avg_sq", "max_exp_avg_sq", "exp_inf", "sum", "square_avg", "acc_delta", "step_size"}
"""State that can't be negative."""


def numbers(rule, steps):
    return lambda generator: np.array([steps, *NUMBERS[RULES[rule].slots]], np.float64)


def given(value, dtype):
    return lambda generator: np.array(value, dtype)


def squared(*shape):
    return lambda generator: generator.standard_normal(shape) ** 2


def zeros(*shape):
    return lambda generator: np.zeros(shape)


def case(name, rule, steps=3, finite=True, maximize=False, parameter=normal, gradient=normal):
    state = RULES[rule].state
    return Case(
        f"{rule}, {name}",
        "update",
        inputs(
            parameter(7),
            gradient(7),
            numbers(rule, steps),
            given(4.0, np.float32),
            given(finite, np.bool_),
            *((squared if name in SQUARES else normal)(7) for name in state),
        ),
        oracle.update,
        {"rule": rule, "maximize": maximize},
        reduction=8,
        exact=(2,),
        # The root of a poisoned negative square is NaN in one, refused in the other.
        nonfinite=not SQUARES & set(state) and not RULES[rule].norms,
    )


CASES = [
    *(case("first step", rule, steps=0) for rule in RULES),
    *(case("later step", rule) for rule in RULES),
    *(case("late step", rule, steps=50) for rule in ("radam", "adagrad", "lamb")),
    *(case("skipped step", rule, finite=False) for rule in RULES),
    *(case("maximize", rule, maximize=True) for rule in RULES),
    *(case("parameter of zeros", rule, parameter=zeros) for rule in ("lars", "lamb")),
    *(case("gradient of zeros", rule, gradient=zeros) for rule in RULES),
    *(
        Case(
            f"finite {finite}",
            "count_step",
            inputs(numbers("sgd", 3), given(finite, np.bool_)),
            oracle.count_step,
            dtypes=(np.dtype(np.float64),),
        )
        for finite in (True, False)
    ),
]
