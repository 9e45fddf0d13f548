"""Reductions over one, several, all and no axes; of integers, ties, zeros and nothing."""

import math

import numpy as np

from tests.conformance.case import FLOAT64, Case, inputs, normal
from tests.oracle import reduce as oracle


def picked(low, high, *shape, dtype=np.float64):
    """Small whole numbers: many are equal, some are 0."""
    return lambda generator: generator.integers(low, high, shape).astype(dtype)


def sizable(*shape):
    """Values whose products don't get so small that float16 loses digits."""
    return lambda generator: (
        generator.choice([-1.0, 1.0], shape) * generator.uniform(0.7, 1.4, shape)
    )


SHAPES = {
    "last": ((3, 5), (1,)),
    "first": ((4, 3), (0,)),
    "two": ((2, 3, 4), (0, -1)),
    "all": ((3, 1, 4), (0, 1, 2)),
    "none": ((2, 3), ()),
    "length 1": ((3, 1), (1,)),
    "no axes": ((), ()),
    "empty rows": ((0, 3), (1,)),
}
RULES = ("sum", "mean", "prod", "amax", "amin", "any", "all", "count", "logsumexp")


KEEP = dict.fromkeys(("two", "middle", "no axes"), (False, True))
MAKERS = dict.fromkeys(("any", "all", "count"), lambda *shape: picked(0, 2, *shape))
MAKERS["prod"] = sizable


def count(shape, axes):
    return math.prod(shape[axis] for axis in axes)


def case(name, primitive, made, reduction=1, dtypes=None, nonfinite=True, **attributes):
    options = {} if dtypes is None else {"dtypes": dtypes}
    return Case(
        name,
        primitive,
        inputs(*made),
        getattr(oracle, primitive),
        attributes,
        reduction,
        nonfinite=nonfinite,
        **options,
    )


CASES = []
for rule in RULES:
    for name, (shape, axes) in SHAPES.items():
        for keepdims in KEEP.get(name, (False,)):
            made = MAKERS.get(rule, normal)(*shape)
            title = f"{rule}, {name}{', kept' if keepdims else ''}"
            attributes = {"rule": rule, "axes": axes, "keepdims": keepdims}
            CASES.append(case(title, "reduce", [made], count(shape, axes), **attributes))
    if rule not in ("amax", "amin"):
        attributes = {"rule": rule, "axes": (0,), "keepdims": False}
        CASES.append(case(f"{rule} of nothing", "reduce", [normal(0, 2)], **attributes))
    if rule not in ("mean", "logsumexp"):
        for dtype in (np.int64, np.int32, np.int16, np.int8, np.uint8, np.bool_):
            made = picked(0, 2 if dtype == np.bool_ else 120, 3, 4, dtype=dtype)
            attributes = {"rule": rule, "axes": (1,), "keepdims": False}
            title = f"{rule}, {np.dtype(dtype)}"
            CASES.append(case(title, "reduce", [made], dtypes=(FLOAT64,), **attributes))

for name, (shape, axes) in SHAPES.items():
    kept = tuple(1 if a in {x % len(shape) for x in axes} else n for a, n in enumerate(shape))
    several = {"axes": axes, "reduction": count(shape, axes)}
    CASES += [
        case(f"{name}, {kind}", "prod_gradient", [normal(*kept), made(*shape)], **several)
        for kind, made in {
            "sizable": sizable,
            "with zeros": lambda *shape: picked(-1, 2, *shape),
        }.items()
        if shape != (0, 3)
    ]
    for keepdims in KEEP.get(name, (False,)):
        kind = f"{name}{', kept' if keepdims else ''}"
        CASES += [
            case(
                f"{kind}, correction {correction}",
                "variance",
                [normal(*shape)],
                correction=correction,
                keepdims=keepdims,
                **several,
            )
            for correction in (0.0, 1.0, 2.0)
        ]
        CASES += [
            case(
                f"{kind}, order {order}",
                "vector_norm",
                [normal(*shape)],
                order=order,
                keepdims=keepdims,
                **several,
            )
            for order in (0.0, 0.5, 1.0, 2.0, 3.0, math.inf, -math.inf)
        ]

LINES = {"last": ((3, 5), -1), "first": ((4, 3), 0), "middle": ((2, 4, 3), 1)}
LINES |= {"length 1": ((3, 1), 1), "no axes": ((), 0), "empty": ((0, 3), 1)}
for name, (shape, axis) in LINES.items():
    length = shape[axis] if shape else 1
    for rule in ("argmax", "argmin"):
        for keepdims in KEEP.get(name, (False,)):
            for kind, made in {"normal": normal(*shape), "ties": picked(0, 3, *shape)}.items():
                title = f"{rule}, {name}, {kind}{', kept' if keepdims else ''}"
                attributes = {"rule": rule, "axis": axis, "keepdims": keepdims}
                CASES.append(case(title, "arg_reduce", [made], **attributes))
    for rule in ("cumsum", "cumprod"):
        for backwards in (False, True):
            title = f"{rule}, {name}{', backwards' if backwards else ''}"
            attributes = {"rule": rule, "axis": axis, "backwards": backwards}
            CASES.append(case(title, "cumulative", [normal(*shape)], length, **attributes))
    single = tuple(1 if shape and a == axis % len(shape) else n for a, n in enumerate(shape))
    index = picked(0, length, *single, dtype=np.int64)
    made = [normal(*single), index]
    CASES.append(case(name, "pick_gradient", made, axis=axis, length=length))
    for kind, x in {"normal": normal(*shape), "with zeros": picked(-1, 2, *shape)}.items():
        # Inf is multiplied with sums here and with their terms in the definition.
        made = [normal(*shape), x]
        title = f"{name}, {kind}"
        CASES.append(case(title, "cumprod_gradient", made, 4 * length, nonfinite=False, axis=axis))

for rule in ("argmax", "argmin"):
    for keepdims in (False, True):
        title = f"{rule}, flattened{', kept' if keepdims else ''}"
        attributes = {"rule": rule, "axis": None, "keepdims": keepdims}
        CASES.append(case(title, "arg_reduce", [normal(2, 3, 4)], **attributes))
    for dtype in (np.int64, np.uint8, np.bool_):
        made = picked(0, 2 if dtype == np.bool_ else 9, 3, 4, dtype=dtype)
        attributes = {"rule": rule, "axis": 1, "keepdims": False}
        title = f"{rule}, {np.dtype(dtype)}"
        CASES.append(case(title, "arg_reduce", [made], dtypes=(FLOAT64,), **attributes))
for dtype in (np.int64, np.uint8, np.bool_):
    for rule in ("cumsum", "cumprod"):
        made = picked(0, 2 if dtype == np.bool_ else 100, 3, 4, dtype=dtype)
        attributes = {"rule": rule, "axis": 1, "backwards": False}
        title = f"{rule}, {np.dtype(dtype)}"
        CASES.append(case(title, "cumulative", [made], dtypes=(FLOAT64,), **attributes))
