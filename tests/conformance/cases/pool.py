"""Pooling: windows with every option, and adaptive bins."""

import numpy as np

from tests.conformance.case import FLOAT16, FLOAT32, FLOAT64, Case, inputs, normal
from tests.oracle import pool as oracle

PLAIN = {"stride": (2, 2), "padding": (0, 0), "ceil_mode": False}
WINDOWS = {
    "2 x 2": ((2, 3, 4, 6), {"kernel": (2, 2), **PLAIN}),
    "a rest is left": ((1, 2, 5, 7), {"kernel": (2, 2), **PLAIN}),
    "a rest counts": ((1, 2, 5, 7), {"kernel": (2, 2), **PLAIN, "ceil_mode": True}),
    "overlap and padding": ((2, 3, 7, 6), {"kernel": (3, 3), **PLAIN, "padding": (1, 1)}),
    "last window in padding": (
        (1, 2, 4, 5),
        {"kernel": (2, 3), "stride": (2, 4), "padding": (1, 1), "ceil_mode": True},
    ),
    "unlike axes": (
        (1, 3, 9, 5),
        {"kernel": (4, 1), "stride": (3, 2), "padding": (2, 0), "ceil_mode": True},
    ),
    "whole image": ((2, 5, 3, 4), {"kernel": (3, 4), **PLAIN}),
    "larger than the image": (
        (1, 1, 1, 2),
        {"kernel": (2, 3), "stride": (1, 2), "padding": (1, 1), "ceil_mode": True},
    ),
    "one pixel": ((1, 1, 1, 1), {"kernel": (1, 1), **PLAIN}),
    "no images": ((0, 3, 4, 4), {"kernel": (2, 2), **PLAIN}),
}
DILATED = {
    "dilated": (
        (2, 2, 7, 8),
        {"kernel": (2, 3), "stride": (1, 2), "padding": (1, 2), "ceil_mode": False},
        (2, 2),
    ),
    "dilated on one axis": (
        (1, 2, 8, 4),
        {"kernel": (3, 2), "stride": (2, 1), "padding": (2, 1), "ceil_mode": True},
        (3, 1),
    ),
}
DIVISORS = {
    "": {"count_include_pad": True, "divisor_override": None},
    ", area inside": {"count_include_pad": False, "divisor_override": None},
    ", divided by 3": {"count_include_pad": True, "divisor_override": 3},
}
BINS = {
    "even bins": ((2, 3, 4, 6), (2, 3)),
    "overlapping bins": ((2, 3, 7, 5), (3, 2)),
    "global": ((2, 5, 3, 4), (1, 1)),
    "more bins than pixels": ((1, 2, 3, 2), (5, 3)),
    "no bins": ((1, 2, 3, 2), (0, 2)),
    "no images": ((0, 2, 3, 2), (1, 2)),
}
EQUAL_NAN = (FLOAT64, FLOAT32, FLOAT16)  # NumPy's comparisons don't know that of bfloat16


def ties(*shape):
    """Values of which many are equal."""
    return lambda generator: generator.integers(0, 3, shape).astype(np.float64)


def with_nan(*shape):
    """Values of which a third is NaN."""
    return lambda generator: np.where(generator.random(shape) < 0.3, np.nan, 1.0)


def numbers(dtype, *shape):
    return lambda generator: generator.integers(0, 9, shape).astype(dtype)


def pooled_shape(shape, options, dilation=(1, 1)):
    size = (
        oracle.count_windows(
            shape[2 + a],
            options["kernel"][a],
            options["stride"][a],
            options["padding"][a],
            dilation[a],
            options["ceil_mode"],
        )
        for a in range(2)
    )
    return (*shape[:2], *size)


def max_cases():
    windows = {name: (*window, (1, 1)) for name, window in WINDOWS.items()} | DILATED
    for name, (shape, options, dilation) in windows.items():
        attributes = {**options, "dilation": dilation}
        yield Case(name, "max_pool2d", inputs(normal(*shape)), oracle.max_pool2d, attributes)
    shape, options = WINDOWS["overlap and padding"]
    attributes = {**options, "dilation": (1, 1)}
    yield Case("ties", "max_pool2d", inputs(ties(*shape)), oracle.max_pool2d, attributes)
    yield Case(
        "only -Inf",
        "max_pool2d",
        inputs(lambda generator, shape=shape: np.full(shape, -np.inf)),
        oracle.max_pool2d,
        attributes,
    )
    yield Case(
        "NaN",
        "max_pool2d",
        inputs(with_nan(*shape)),
        oracle.max_pool2d,
        attributes,
        dtypes=EQUAL_NAN,
    )
    for dtype in (np.uint8, np.int64):
        yield Case(
            f"{dtype.__name__} values",
            "max_pool2d",
            inputs(numbers(dtype, *shape)),
            oracle.max_pool2d,
            attributes,
            dtypes=(FLOAT64,),
        )
    for name, (shape, size) in BINS.items():
        attributes = {"size": size}
        primitive, oracle_of = "adaptive_max_pool2d", oracle.adaptive_max_pool2d
        yield Case(name, primitive, inputs(normal(*shape)), oracle_of, attributes)
        yield Case(
            f"{name}, NaN",
            primitive,
            inputs(with_nan(*shape)),
            oracle_of,
            attributes,
            dtypes=EQUAL_NAN,
        )
        yield Case(f"{name}, ties", primitive, inputs(ties(*shape)), oracle_of, attributes)


def index_cases():
    """Indices at random, so that several windows choose one pixel."""
    for name, image, pooled in (
        ("some twice", (2, 3, 4, 5), (2, 3, 3, 2)),
        ("all one", (1, 2, 1, 1), (1, 2, 3, 3)),
        ("no images", (0, 2, 3, 3), (0, 2, 2, 2)),
    ):
        pixels = image[2] * image[3]

        def index(generator, pixels=pixels, pooled=pooled):
            return generator.integers(0, pixels, pooled)

        yield Case(
            name,
            "max_pool2d_gradient",
            inputs(normal(*pooled), index),
            oracle.max_pool2d_gradient,
            {"shape": image},
            9,
        )
        yield Case(
            name,
            "max_unpool2d_gradient",
            inputs(normal(*image), index),
            oracle.max_unpool2d_gradient,
        )


def avg_cases():
    for name, (shape, options) in WINDOWS.items():
        reduction = options["kernel"][0] * options["kernel"][1]
        for note, divisor in DIVISORS.items():
            attributes = {**options, **divisor}
            yield Case(
                name + note,
                "avg_pool2d",
                inputs(normal(*shape)),
                oracle.avg_pool2d,
                attributes,
                reduction,
            )
            yield Case(
                name + note,
                "avg_pool2d_gradient",
                inputs(normal(*pooled_shape(shape, options))),
                oracle.avg_pool2d_gradient,
                {**attributes, "shape": shape},
                reduction,
            )
    for name, (shape, size) in BINS.items():
        reduction = shape[2] * shape[3]
        yield Case(
            name,
            "adaptive_avg_pool2d",
            inputs(normal(*shape)),
            oracle.adaptive_avg_pool2d,
            {"size": size},
            reduction,
        )
        yield Case(
            name,
            "adaptive_avg_pool2d_gradient",
            inputs(normal(*shape[:2], *size)),
            oracle.adaptive_avg_pool2d_gradient,
            {"shape": shape},
            reduction,
        )


CASES = [*max_cases(), *index_cases(), *avg_cases()]
