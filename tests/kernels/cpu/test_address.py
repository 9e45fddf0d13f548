"""Addresses of arrays are NumPy's."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.address import address


def test_the_first_number_is_there():
    x = np.zeros((3, 4, 5), np.float32)
    for view in (x, x[1:], x[:, ::-1], x.T[2], x[1, 2], x[:0]):
        assert address(view) == view.ctypes.data


def test_no_array():
    assert address(None) == 0
