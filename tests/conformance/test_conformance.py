"""Every primitive on every backend, against an oracle written from the definition."""

from __future__ import annotations

from importlib import import_module
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from dlcore.backend import get_backend
from dlcore.backend.interface import PRIMITIVES
from dlcore.backend.interface.array import dense_strides, order_of
from tests.conformance.case import Case, assert_close

STEMS = sorted(path.stem for path in (Path(__file__).parent / "cases").glob("[a-z]*.py"))
CASES = [case for stem in STEMS for case in import_module(f"tests.conformance.cases.{stem}").CASES]
RUNS = [
    pytest.param(case, dtype, id=f"{case.primitive}: {case.name}, {dtype.name}")
    for case in CASES
    for dtype in case.dtypes
]
BACKENDS = ("numpy", "cpu")


def make(case: Case, dtype, seed=0):
    """The case's arrays, and the same values in float64 for the oracle."""
    arrays = case.inputs(np.random.default_rng(seed))
    rounded = [
        a.astype(dtype) if a is not None and a.dtype == np.float64 and p not in case.exact else a
        for p, a in enumerate(arrays)
    ]
    exact = [a.astype(np.float64) if a is not None and a.dtype == dtype else a for a in rounded]
    return rounded, exact


def run(backend, case: Case, arrays, place=lambda backend, array: backend.upload(array)):
    """The primitive's outputs, as a tuple; `place` brings an array to the device."""
    placed = [None if array is None else place(backend, array) for array in arrays]
    outputs = PRIMITIVES[case.primitive](backend, *placed, **case.attributes)
    return outputs if isinstance(outputs, tuple) else (outputs,)


def expected_of(case: Case, exact):
    with np.errstate(all="ignore"):
        outputs = case.oracle(*exact, **case.attributes)
    return outputs if isinstance(outputs, tuple) else (outputs,)


def with_gaps(backend, array):
    """The array on the device with gaps in its memory and its axes in reverse order."""
    if not array.ndim:
        return backend.upload(array)
    everywhere = (slice(None, None, 2),) * array.ndim
    roomy = np.zeros([2 * length for length in array.shape[::-1]], array.dtype)
    roomy.transpose()[everywhere] = array
    return backend.upload(roomy).transpose(range(array.ndim)[::-1])[everywhere]


@pytest.fixture(params=BACKENDS)
def backend(request):
    return get_backend(request.param)


@pytest.mark.parametrize(("case", "dtype"), RUNS)
def test_values(backend, case, dtype):
    rounded, exact = make(case, dtype)
    before = [None if array is None else array.copy() for array in rounded]
    outputs = run(backend, case, rounded)
    for output, expected in zip(outputs, expected_of(case, exact), strict=True):
        assert output.shape == np.shape(expected)
        assert_close(backend.download(output), expected, case.reduction)
    for array, untouched in zip(rounded, before, strict=True):
        np.testing.assert_array_equal(array, untouched)


@pytest.mark.parametrize(("case", "dtype"), RUNS)
def test_layout(backend, case, dtype):
    """Outputs have the declared dtype and strides, and any input strides give the same values."""
    rounded, _ = make(case, dtype)
    outputs = run(backend, case, rounded)
    declared = run(get_backend("meta"), case, rounded)
    for output, spec in zip(outputs, declared, strict=True):
        assert (output.shape, output.dtype) == (spec.shape, spec.dtype)
        assert output.strides == spec.strides or not output.size
        assert spec.strides == dense_strides(spec.shape, order_of(spec), spec.dtype.itemsize)
    for plain, other in zip(outputs, run(backend, case, rounded, with_gaps), strict=True):
        expected = backend.download(plain).astype(np.float64)
        assert_close(backend.download(other), expected, case.reduction)


@pytest.mark.parametrize(("case", "dtype"), [run for run in RUNS if run.values[0].nonfinite])
def test_nonfinite(backend, case, dtype):
    """One NaN or Inf in any input comes out where the definition says, and nowhere else."""
    arrays = make(case, dtype)
    floats = [
        place
        for place, array in enumerate(arrays[0])
        if array is not None and array.dtype == dtype and array.size and place not in case.exact
    ]
    for place, poison in product(floats, (np.nan, np.inf, -np.inf)):
        rounded, exact = (poisoned(values, place, poison) for values in arrays)
        outputs = run(backend, case, rounded)
        for output, expected in zip(outputs, expected_of(case, exact), strict=True):
            actual, told = backend.download(output).astype(np.float64), f"{poison} in input {place}"
            np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected), told)
            np.testing.assert_array_equal(actual == np.inf, np.equal(expected, np.inf), told)
            np.testing.assert_array_equal(actual == -np.inf, np.equal(expected, -np.inf), told)


def poisoned(arrays, place, poison):
    """The same arrays, but for one element in the middle of one."""
    changed = arrays[place].copy()
    changed.flat[changed.size // 2] = poison
    return [*arrays[:place], changed, *arrays[place + 1 :]]


def test_every_primitive_has_a_case():
    assert {case.primitive for case in CASES} == set(PRIMITIVES)
