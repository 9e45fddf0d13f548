"""The primitive on the tuned kernels against NumPy's."""

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.matmul import matmul
from dlcore.kernels.numpy.matmul import matmul as by_numpy

DTYPES = {np.float32: 2e-6, np.float16: 1e-3, ml_dtypes.bfloat16: 8e-3}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["none", "relu"])
def test_matmul(dtype, activation):
    generator = np.random.default_rng(0)
    a = generator.standard_normal((2, 3, 33, 17)).astype(dtype)
    b = generator.standard_normal((2, 3, 45, 17)).astype(dtype).swapaxes(-1, -2)
    bias = generator.standard_normal(45).astype(dtype)
    expected, y = np.empty((2, 2, 3, 33, 45), dtype)
    for added in (bias, None):
        by_numpy(a, b, added, expected, activation=activation)
        matmul(a, b, added, y, activation=activation)
        np.testing.assert_allclose(
            y.astype(np.float64), expected.astype(np.float64), rtol=DTYPES[dtype], atol=1e-5
        )
