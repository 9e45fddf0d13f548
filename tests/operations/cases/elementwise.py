"""Functions of single elements, comparisons and conversions."""

import math

from tests.operations.case import Operation, flags, integers, normal, positive, unit
from tests.operations.cases.arithmetic import both

REAL = ["sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "erf", "exp", "exp2", "expm1", "abs"]
REAL += ["square", "erfc"]
POSITIVE = ["reciprocal", "sqrt", "rsqrt", "log", "log1p", "log2", "log10"]
UNIT = ["asin", "acos"]
STEPS = ["sign", "floor", "ceil", "round", "trunc"]
VALUES = (0.0, 1.0, math.nan, math.inf, -math.inf)
FACTS = ["isnan", "isinf", "isfinite", "logical_not"]


def named(name):
    return lambda lib, x: getattr(lib, name)(x)


CASES = [
    both(f"{name}{kind}", named(name), (made(*shape),))
    for names, made in ((REAL, normal), (POSITIVE, positive), (UNIT, unit))
    for name in names
    for kind, shape in {"": (3, 5), ", no axes": (), ", empty": (0, 2)}.items()
]
CASES += [
    both(f"{name} of integers", named(name), (integers(1, 5, 7),), smooth=False)
    for name in [*REAL, *POSITIVE, *STEPS]
]
CASES += [both(name, named(name), (lambda g: 3 * normal(3, 5)(g),), smooth=False) for name in STEPS]
CASES += [
    both(
        name,
        named(name),
        (lambda g: g.choice(VALUES, 30),),
        smooth=False,
    )
    for name in FACTS
]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor"]
CASES += [
    both(f"{name}{kind}", lambda lib, a, b, name=name: getattr(lib, name)(a, b), made, smooth=False)
    for name in COMPARISONS
    for kind, made in {
        "": (integers(0, 3, 4, 5), integers(0, 3, 5)),
        ", floats": (lambda g: g.integers(0, 3, 9) / 2, lambda g: g.integers(0, 3, 9) / 2),
        ", mixed": (lambda g: g.integers(0, 3, 9) / 2, integers(0, 3, 9)),
    }.items()
]
OPERATORS = {
    "==": lambda lib, a, b: a == b,
    "!=": lambda lib, a, b: a != b,
    "<": lambda lib, a, b: a < b,
    "<=": lambda lib, a, b: a <= b,
    ">": lambda lib, a, b: a > b,
    ">=": lambda lib, a, b: a >= b,
    "== number": lambda lib, a, b: a == 1,
    "!= number": lambda lib, a, b: a != 1,
    "number <": lambda lib, a, b: 1.5 < b,  # noqa: SIM300 - the number comes first on purpose
    "&": lambda lib, a, b: a & b,
    "|": lambda lib, a, b: a | b,
    "^": lambda lib, a, b: a ^ b,
    "~": lambda lib, a, b: ~a,
    "number &": lambda lib, a, b: 3 & b,
}
CASES += [
    both(name, f, (integers(0, 9, 4, 5), integers(0, 9, 5)), smooth=False)
    for name, f in OPERATORS.items()
]
CASES += [
    both(f"{name} of flags", OPERATORS[name], (flags(4, 5), flags(5)), smooth=False)
    for name in ("&", "|", "^", "~", "==")
]
CASES += [
    both("isclose", lambda lib, a, b: lib.isclose(a, a + 0.01 * b, rtol=0.01, atol=1e-3),
         (normal(20), normal(20)), smooth=False),
    both("to float64", lambda lib, x: x.to(lib.float64) * 1, (normal(3, 4),)),
    both("to as another", lambda lib, x, y: x.to(y) * y, (normal(3, 4), normal(4))),
    both("double", lambda lib, x: x.double() * 1, (normal(3, 4),)),
    both("long", lambda lib, x: (x * 5).long(), (normal(3, 4),), smooth=False),
    both("int", lambda lib, x: (x * 5).int(), (normal(3, 4),), smooth=False),
    both("bool", lambda lib, x: x.bool(), (integers(-1, 2, 9),), smooth=False),
    both("float of integers", lambda lib, x: x.float(), (integers(-9, 9, 9),), smooth=False),
    both("type_as", lambda lib, x, y: x.type_as(y), (integers(-9, 9, 9), normal(2)),
         smooth=False),
    Operation("to the numpy device", lambda x: x.to("numpy") * 1.0 if x.device != "meta" else x * 1,
              (normal(2, 3),)),
]  # fmt: skip
