"""Functions of vectors against float64: the last places, and the special numbers."""

import functools

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import functions
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.numpy import special
from tests.kernels.cpu.vectors import LANES, SPECIAL, ready, target

FUNCTIONS = {
    "exp": (np.exp, 90),
    "expm1": (np.expm1, 90),
    "log": (np.log, 1e30),
    "log1p": (np.log1p, 1e30),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 90),
    "tanh": (np.tanh, 12),
    "softplus": (lambda x: np.logaddexp(0, x), 90),
    "erf": (special.erf, 6),
    "erfc": (special.erfc, 9),
}


@functools.cache
def every_function(lanes):
    def code(v, x, out, row, count):
        def step(i, mask):
            value = v.load(x + i * 4, mask=mask)
            for number, name in enumerate(FUNCTIONS):
                result = getattr(functions, name)(v, value)
                v.store(result, out + row * number + i * 4, mask)

        v.each(count, step)

    return ready(code, target(lanes))


def results(lanes, x):
    out = np.empty((len(FUNCTIONS), x.size), np.float32)
    every_function(lanes)(x, out, out.strides[0], x.size)
    return dict(zip(FUNCTIONS, out, strict=True))


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values(name, lanes):
    function, reach = FUNCTIONS[name]
    generator = np.random.default_rng(0)
    sizes = reach ** generator.uniform(-1, 1, 20_000)
    x = np.concatenate([sizes, -sizes, generator.uniform(-1, 1, 5000)]).astype(np.float32)
    with np.errstate(all="ignore"):
        expected = function(x.astype(np.float64))
        spacing = np.spacing(np.abs(expected).astype(np.float32))
    known = np.isfinite(expected) & (np.abs(expected) > 2e-38) & (np.abs(expected) < 3e38)
    error = np.abs(results(lanes, x)[name] - expected)[known] / spacing[known]
    assert known.sum() > 20_000
    assert error.max() < (8 if name == "erfc" else 3) * (1 if host().fma else 8)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_numbers(name):
    x = np.concatenate([SPECIAL[np.abs(SPECIAL) != np.float32(1e-40)], [200, -200, -1, 89]])
    x = x.astype(np.float32)
    with np.errstate(all="ignore"):
        expected = FUNCTIONS[name][0](x.astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(results(host().lanes, x)[name], expected, 3e-7)
