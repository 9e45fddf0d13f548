"""A conformance case: one primitive, its inputs, and the oracle that knows the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

FLOAT64, FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)
FLOAT16, BFLOAT16 = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)
FLOATS = (FLOAT64, FLOAT32, FLOAT16, BFLOAT16)

EPS = {FLOAT64: 2.0**-52, FLOAT32: 2.0**-23, FLOAT16: 2.0**-10, BFLOAT16: 2.0**-7}
"""Distance from 1 to the next value: twice the largest relative rounding error."""

Inputs = Callable[[np.random.Generator], tuple[np.ndarray | None, ...]]


@dataclass(frozen=True)
class Case:
    """One primitive on one set of inputs.

    Attributes:
        name: ends up in the test's id: "softmax, last axis".
        primitive: its name.
        inputs: makes the arrays. float64 arrays are rounded to the dtype under test first, and the
            oracle sees the rounded values; all others (labels, masks) are passed on as they are.
        oracle: float64 arrays and attributes to float64 outputs, in loops from the definition; one
            array, or a tuple for a primitive of several outputs.
        attributes: the primitive's keywords.
        reduction: how many terms the longest sum has; tolerances grow with it.
        dtypes: the float dtypes to run in.
        exact: places of float64 arrays that are float64 whatever the dtype under test.
        nonfinite: whether NaN and Inf are fed in and must come out as in the oracle.
    """

    name: str
    primitive: str
    inputs: Inputs
    oracle: Callable[..., Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reduction: int = 1
    dtypes: tuple[np.dtype[Any], ...] = FLOATS
    exact: tuple[int, ...] = ()
    nonfinite: bool = True

    def __str__(self) -> str:
        return self.name


def normal(*shape: int) -> Callable[[np.random.Generator], np.ndarray]:
    """An input of unit variance."""
    return lambda generator: generator.standard_normal(shape)


def inputs(*makers: Callable[[np.random.Generator], np.ndarray | None]) -> Inputs:
    """The inputs made by each maker in turn."""
    return lambda generator: tuple(maker(generator) for maker in makers)


def assert_close(actual: np.ndarray, expected: np.ndarray, reduction: int) -> None:
    """Equal within the rounding of `actual`'s dtype and of an fp32 (or float64) sum."""
    expected = np.asarray(expected)
    if actual.dtype not in EPS:
        np.testing.assert_array_equal(actual, expected)
        return
    storage = EPS[actual.dtype]
    accumulation = EPS[FLOAT64] if actual.dtype == FLOAT64 else EPS[FLOAT32]
    finite = np.abs(expected[np.isfinite(expected)])
    largest = float(finite.max(initial=0.0))
    np.testing.assert_allclose(
        actual.astype(np.float64),
        expected.astype(np.float64),
        rtol=storage + 8 * accumulation,
        atol=8 * accumulation * reduction * largest + np.finfo(np.float32).tiny,
    )
