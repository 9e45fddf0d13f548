"""Threads under Numba's parallel loops."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numba
from numba.np.ufunc.parallel import _launch_threads


@cache
def turn() -> AbstractContextManager[Any]:
    """What a thread holds while it runs a parallel kernel, so that several may.

    OpenMP and TBB serve them all at once. Numba's own work queue, which is left where neither
    library is there, breaks down under two callers; there they wait for each other.
    """
    _launch_threads()
    return threading.Lock() if numba.threading_layer() == "workqueue" else nullcontext()
