"""Vector code in the tests: compiled for any number of lanes, called with arrays and numbers."""

import numba
import numpy as np

from dlcore.kernels.cpu.machine import Target, host
from dlcore.kernels.cpu.simd import vector_code

LANES = (4, 8, 16)
SPECIAL = np.array([0.0, -0.0, 1.0, -2.5, 1e-40, 3e38, np.inf, -np.inf, np.nan], np.float32)


def target(lanes, **features):
    """As little as every machine has, and `features`."""
    return Target(lanes, fma=host().fma, **features)


def ready(code, machine):
    """Compile code; the result takes arrays for addresses."""
    return call_with(vector_code(machine)(code))


def call_with(intrinsic):
    """A function of an intrinsic's arguments, arrays for addresses."""

    @numba.njit(error_model="numpy")
    def call(arguments):
        intrinsic(*arguments)

    def run(*arguments):
        call(tuple(x.ctypes.data if isinstance(x, np.ndarray) else x for x in arguments))

    return run


def numbers(count, seed=0):
    """float32 numbers of all sizes, NaN and infinities among them."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal(count) * 2.0 ** generator.integers(-20, 20, count)
    places = generator.random(count) < 0.3
    x[places] = generator.choice(SPECIAL, places.sum())
    return x.astype(np.float32)
