"""Numbers below the smallest normal one: 0 in kernels, in every thread, and only there."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.launch import Script, run, taping
from dlcore.kernels.cpu.threads import set_thread_count
from tests.kernels.cpu.tasks import LINE, Plan, work

TINY = np.float32(1e-40)


@pytest.mark.parametrize("count", [1, None])
def test_denormals_are_zero_in_kernels_only(count):
    x = np.full((200, LINE), TINY)  # an operand
    y = np.full((200, LINE), TINY)
    set_thread_count(count)
    try:
        with taping() as tape:
            run(work, len(x), Plan(x.ctypes.data, y.ctypes.data, 0.5))
        np.testing.assert_array_equal(y, 0)
        y[...] = TINY
        Script(tape.launches).run()
    finally:
        set_thread_count(None)
    np.testing.assert_array_equal(y, 0)
    y[...] = np.finfo(np.float32).tiny  # a result: half of the smallest normal number
    run(work, len(x), Plan(x.ctypes.data, y.ctypes.data, 0.5))
    np.testing.assert_array_equal(y, 0)
    assert np.float32(1e-38) / np.float32(8) > 0
    assert TINY * np.float32(2) > TINY
