"""Finite flags and the loss scale."""

import numpy as np

from tests.conformance.case import FLOAT32, Case, inputs, normal
from tests.oracle import finite as oracle


def given(value, dtype):
    return lambda generator: np.array(value, dtype)


def scale_case(name, streak, finite):
    return Case(
        name,
        "update_scale",
        inputs(given(1024.0, np.float64), given(streak, np.int32), given(finite, np.bool_)),
        oracle.update_scale,
        {"growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 3},
        dtypes=(FLOAT32,),
        nonfinite=False,  # the scale is made here and always finite
    )


CASES = [
    Case("matrix", "all_finite", inputs(normal(3, 5)), oracle.all_finite),
    Case("one", "all_finite", inputs(normal()), oracle.all_finite),
    Case("none", "all_finite", inputs(normal(0, 2)), oracle.all_finite),
    scale_case("good step", 0, True),
    scale_case("good streak", 2, True),
    scale_case("bad step", 2, False),
]
