"""Optimizer steps."""

import numpy as np

from dlcore.backend.interface.optim import RULES
from tests.conformance.case import Case, inputs, normal
from tests.oracle import optim as oracle

NUMBERS = {
    "sgd": (0.1, 0.9, 0.3, 0.01),
    "adam": (0.01, 0.9, 0.99, 1e-3, 0.1),
    "adamw": (0.01, 0.9, 0.99, 1e-3, 0.1),
}


def numbers(rule, steps):
    return lambda generator: np.array([steps, *NUMBERS[rule]], np.float64)


def given(value, dtype):
    return lambda generator: np.array(value, dtype)


def squared(*shape):
    return lambda generator: generator.standard_normal(shape) ** 2


def case(name, rule, steps=3, finite=True, nesterov=False, maximize=False):
    state = [normal(7)] if rule == "sgd" else [normal(7), squared(7)]
    return Case(
        f"{rule}, {name}",
        "update",
        inputs(
            normal(7),
            normal(7),
            numbers(rule, steps),
            given(4.0, np.float32),
            given(finite, np.bool_),
            *state,
        ),
        oracle.update,
        {"rule": rule, "nesterov": nesterov, "maximize": maximize},
        reduction=8,
        exact=(2,),
        nonfinite=rule
        == "sgd",  # the root of a poisoned negative v is NaN in one, refused in other
    )


CASES = [
    *(case("first step", rule, steps=0) for rule in RULES),
    *(case("later step", rule) for rule in RULES),
    *(case("skipped step", rule, finite=False) for rule in RULES),
    *(case("maximize", rule, maximize=True) for rule in RULES),
    case("nesterov", "sgd", nesterov=True),
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
