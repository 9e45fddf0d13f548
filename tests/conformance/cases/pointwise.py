"""Every rule of the pointwise primitive: on floats, on integers, at its kinks and poles."""

import numpy as np

from dlcore.backend.interface.array import FLOATS, INTEGERS
from dlcore.backend.interface.pointwise import RULES
from dlcore.backend.interface.rule import ALL
from tests.conformance.case import BFLOAT16, FLOAT32, FLOAT64, Case
from tests.oracle.pointwise import pointwise

PARAMETERS = {
    "clamp": (-0.5, 0.75),
    "clamp_gradient": (-0.5, 0.75),
    "close": (0.25, 0.5, False),
    "divide_into": (2.5,),
    "elu": (1.5, 1.25, 0.75),
    "elu_gradient": (1.5, 1.25, 0.75),
    "hardtanh_gradient": (-0.5, 0.75),
    "number_power": (2.5,),
    "number_power_gradient": (2.5,),
    "softplus": (2.0, 1.5),
    "softplus_gradient": (2.0, 1.5),
    "hardshrink": (0.5,),
    "nan_to_num": (0.25, 3.0, -2.0),
    "shrink_gradient": (0.5,),
    "softshrink": (0.5,),
    "threshold": (0.25, -7.0),
    "threshold_gradient": (0.25,),
    "variance_gradient": (6.0,),
    "norm_gradient": (3.0,),
}
MORE = {
    "close": [(0.25, 0.5, True)],
    "clamp": [(-np.inf, 0.5), (1.0, -1.0)],
    "norm_gradient": [(1.0,), (1.5,), (0.5,)],
    "number_power": [(0.0,)],
    "number_power_gradient": [(0.0,)],
    "power_number": [(0.0,), (2.0,), (-1.0,), (0.5,)],
    "power_number_gradient": [(0.0,), (2.0,), (-1.0,), (0.5,)],
    "leaky_relu": [(-0.5,)],
    "leaky_relu_gradient": [(-0.5,)],
}
SHAPES = {"matrix": (5, 7), "no axes": (), "size 1": (1, 1), "empty": (0, 3)}
# Where the kinks and poles of some rule are.
SPECIAL = np.array([-4.0, -3, -1, -0.75, -0.5, -0.0, 0.0, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 3, 6, 9])
# The largest |x| of rules with a pole at 1: near it a rounding of x shows up enlarged.
DOMAIN = {"asin_gradient": 0.9, "acos_gradient": 0.9, "asin": 0.95, "acos": 0.95}
# All shapes are tried with one rule of each kind.
SAMPLES = {"add", "clamp", "elu_gradient", "exp", "isnan", "where"}
# Unsigned results wrap around: tests/backend/test_pointwise.py.
BELOW_ZERO = {"bitwise_not", "negative", "subtract", "subtract_from", "threshold"}


def given(rule, count):
    if count == 0:
        return ()
    return PARAMETERS.get(rule, (1.5,))


def floats(rule, shape):
    """Values on both sides of every kink, none close to a pole."""
    mask = RULES[rule].operands[0] == "mask"

    def make(generator):
        size = (len(RULES[rule].operands), *shape)
        values = generator.uniform(0.2, 2, size) * generator.choice([-1.0, 1.0], size)
        limit = DOMAIN.get(rule)
        if limit:
            values[-1] *= limit / 2
        if rule in ("log1p", "log1p_gradient"):
            values[-1] = np.abs(values[-1])
        operands = tuple(np.array(operand) for operand in values)
        return ((operands[0] > 0), *operands[1:]) if mask else operands

    return make


def special(rule):
    """All pairs of special values (the first operand of three varies slowest)."""
    count = len(RULES[rule].operands)
    mask = RULES[rule].operands[0] == "mask"

    def make(generator):
        grid = np.meshgrid(*[SPECIAL] * min(count, 2), indexing="ij")
        rest = [generator.permutation(grid[0].ravel()) for _ in range(count - len(grid))]
        operands = [operand.ravel() for operand in grid] + rest
        return (operands[0] > 0, *operands[1:]) if mask else tuple(operands)

    return make


def integers(rule, dtype):
    count = len(RULES[rule].operands)
    mask = RULES[rule].operands[0] == "mask"

    def make(generator):
        low = 0 if dtype.kind == "u" else -3
        operands = [generator.integers(low, 4, (3, 5)).astype(dtype) for _ in range(count)]
        if rule in ("floor_divide", "fmod", "remainder"):
            operands[-1][operands[-1] == 0] = 3
        return (operands[0] > 0, *operands[1:]) if mask else tuple(operands)

    return make


def case(name, rule, make, parameters, **options):
    attributes = {"rule": rule, "parameters": parameters}
    # -Inf to a power that is not whole is unspecified: C has Inf, a square root NaN.
    finite = rule in ("power_number", "power_number_gradient") and parameters[0] % 1 != 0
    title = f"{rule}{parameters or ''}, {name}"
    return Case(title, "pointwise", make, pointwise, attributes, nonfinite=not finite, **options)


CASES = []
for rule, known in RULES.items():
    parameters = given(rule, len(known.parameters))
    if known.dtypes >= FLOATS:
        for name in SHAPES if rule in SAMPLES else ["matrix"]:
            CASES.append(case(name, rule, floats(rule, SHAPES[name]), parameters))
        for other in (parameters, *MORE.get(rule, [])):
            # float16 would overflow at 9^9 or e^13, which float64 does not.
            CASES.append(case("kinks", rule, special(rule), other, dtypes=(FLOAT32, BFLOAT16)))
    if known.dtypes >= INTEGERS:
        whole = parameters if rule == "close" else tuple(round(2 * p) for p in parameters)
        whole = {"clamp": (1, 3), "number_power": (2,)}.get(rule, whole)
        for dtype in sorted(INTEGERS, key=str):
            if dtype.kind == "u" and rule in BELOW_ZERO:
                continue
            made = integers(rule, dtype)
            CASES.append(case(dtype.name, rule, made, whole, dtypes=(FLOAT64,)))
    if known.dtypes == ALL:
        truth = tuple(bool(p) for p in parameters) if rule != "close" else parameters
        made = integers(rule, np.dtype(bool))
        CASES.append(case("bool", rule, made, truth, dtypes=(FLOAT64,)))
