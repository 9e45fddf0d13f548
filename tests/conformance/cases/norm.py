"""Normalisation: over the batch, over groups, over neighbouring channels."""

import numpy as np

from tests.conformance.case import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Case, inputs, normal
from tests.oracle import norm as oracle

SHAPES = {
    "images": (3, 4, 2, 5),
    "rows": (5, 3),
    "signals": (2, 3, 4),
    "one image": (1, 3, 2, 2),
    "one channel": (4, 1, 3, 1),
    "volumes": (2, 2, 2, 1, 3),
}
GROUPS = {
    "one group": ((2, 6, 2, 3), 1),
    "groups": ((2, 6, 3, 2), 3),
    "a group each": ((3, 4, 2, 2), 4),
    "rows": ((3, 6), 1),
    "signals": ((2, 4, 5), 2),
    "no samples": ((0, 4, 3), 2),
}
# Statistics and weights are fp32 beside 16-bit values: the first pair of dtypes takes all inputs
# in the dtype under test, the second keeps what is float32 already.
SAME, MIXED = (FLOAT64, FLOAT32), (FLOAT16, BFLOAT16)


def vector(length, dtype=np.float64):
    return lambda generator: generator.standard_normal(length).astype(dtype)


def positive(*shape, dtype=np.float64):
    return lambda generator: generator.uniform(0.5, 2, shape).astype(dtype)


def absent(generator):
    return None


def far(*shape):
    """Values whose mean is large against their spread."""
    return lambda generator: 100 + generator.standard_normal(shape)


def batch_cases():
    for dtypes, kind in ((SAME, np.float64), (MIXED, np.float32)):
        for name, shape in SHAPES.items():
            c, count = shape[1], int(np.prod(shape)) // shape[1]
            weight, mean, variance = vector(c, kind), vector(c, kind), positive(c, dtype=kind)
            eps = {"eps": 1e-3}
            for note, w, b in (("", weight, weight), (", plain", absent, absent)):
                yield Case(
                    name + note,
                    "batch_norm",
                    inputs(normal(*shape), w, b),
                    oracle.batch_norm,
                    eps,
                    count,
                    dtypes,
                )
                yield Case(
                    name + note,
                    "batch_norm_inference",
                    inputs(normal(*shape), mean, variance, w, b),
                    oracle.batch_norm_inference,
                    eps,
                    4,
                    dtypes,
                )
                for training in (True, False):
                    yield Case(
                        name + note + (", training" if training else ""),
                        "batch_norm_gradient",
                        inputs(normal(*shape), normal(*shape), mean, variance, w),
                        oracle.batch_norm_gradient,
                        {**eps, "training": training},
                        count,
                        dtypes,
                    )
    yield Case(
        "16-bit weights",
        "batch_norm",
        inputs(normal(3, 4, 2), vector(4), vector(4)),
        oracle.batch_norm,
        {"eps": 1e-3},
        6,
        MIXED,
    )
    yield Case(
        "mean far from zero",
        "batch_norm",
        inputs(far(6, 2, 3, 3), absent, absent),
        oracle.batch_norm,
        {"eps": 1e-5},
        54,
    )


def running_cases():
    arrays = (vector(4), positive(4), vector(4), positive(4))
    for name, attributes in {
        "momentum": {"momentum": 0.1, "count": 6},
        "only the new": {"momentum": 1.0, "count": 2},
    }.items():
        yield Case(
            name,
            "running_statistics",
            inputs(*arrays, absent),
            oracle.running_statistics,
            attributes,
            4,
            SAME,
        )
    yield Case(
        "average of all",
        "running_statistics",
        inputs(*arrays, lambda generator: np.array(3)),
        oracle.running_statistics,
        {"momentum": None, "count": 6},
        4,
        SAME,
    )
    yield Case(
        "16-bit buffers",
        "running_statistics",
        inputs(*arrays[:2], vector(4, np.float32), positive(4, dtype=np.float32), absent),
        oracle.running_statistics,
        {"momentum": 0.1, "count": 6},
        4,
        MIXED,
    )


def group_cases():
    for dtypes, kind in ((SAME, np.float64), (MIXED, np.float32)):
        for name, (shape, groups) in GROUPS.items():
            c, count = shape[1], int(np.prod(shape[1:]))
            attributes = {"groups": groups, "eps": 1e-3}
            mean = vector((shape[0], groups), kind)
            variance = positive(shape[0], groups, dtype=kind)
            for note, w, b in (
                ("", vector(c, kind), vector(c, kind)),
                (", plain", absent, absent),
            ):
                yield Case(
                    name + note,
                    "group_norm",
                    inputs(normal(*shape), w, b),
                    oracle.group_norm,
                    attributes,
                    count,
                    dtypes,
                )
                yield Case(
                    name + note,
                    "group_norm_gradient",
                    inputs(normal(*shape), normal(*shape), mean, variance, w),
                    oracle.group_norm_gradient,
                    attributes,
                    count,
                    dtypes,
                )
    yield Case(
        "mean far from zero",
        "group_norm",
        inputs(far(2, 4, 3, 3), absent, absent),
        oracle.group_norm,
        {"groups": 2, "eps": 1e-5},
        54,
    )


def response_cases():
    for name, shape, size in (
        ("odd size", (2, 7, 2, 3), 5),
        ("even size", (2, 5, 3), 4),
        ("one channel", (2, 1, 2, 2), 3),
        ("itself", (3, 4), 1),
        ("wider than the channels", (1, 3, 2, 2), 9),
    ):
        attributes = {"size": size, "alpha": 0.5, "beta": 0.75, "k": 2.0}
        primitive = "local_response_norm"
        yield Case(
            name, primitive, inputs(normal(*shape)), oracle.local_response_norm, attributes, size
        )
        yield Case(
            name,
            "local_response_norm_gradient",
            inputs(normal(*shape), normal(*shape)),
            oracle.local_response_norm_gradient,
            attributes,
            size,
        )


CASES = [*batch_cases(), *running_cases(), *group_cases(), *response_cases()]
