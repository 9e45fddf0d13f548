"""How many threads kernels use, and what protects them from each other."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numba
from numba.core import config
from numba.np.ufunc.parallel import _launch_threads

from dlcore.kernels.cores import cores, cpu_quota, usable_threads

_lock = threading.Lock()
_turn: AbstractContextManager[Any] | None = None
_forked = False
_wanted: int | None = None


def thread_count() -> int:
    """Threads that the next kernel uses.

    In a process that was forked after kernels ran on several threads it is one: the threads are
    gone, and the libraries beneath don't start new ones there.
    """
    return 1 if _forked else _wanted or available_threads()


def set_thread_count(count: int | None) -> None:
    """Use so many threads, at most one for each core that the process may use; None for all.

    Results don't depend on it, bit for bit.
    """
    global _wanted
    if count is not None and count < 1:
        raise ValueError(f"set_thread_count: expected 1 or more, received {count}")
    _wanted = None if count is None else min(count, available_threads())


@cache
def available_threads() -> int:
    """Cores that this process may use at a time; NUMBA_NUM_THREADS says otherwise."""
    most = int(config.NUMBA_NUM_THREADS)
    if "NUMBA_NUM_THREADS" in os.environ:
        return most
    return min(most, usable_threads(cores(), cpu_quota()))


def turn() -> AbstractContextManager[Any]:
    """What a thread holds while it runs a parallel kernel, so that several may.

    OpenMP and TBB serve them all at once. Numba's own work queue, which is left where neither
    library is there, breaks down under two callers; there they wait for each other.
    """
    return _turn or _started()


def threading_layer() -> str:
    """What starts the threads: omp, tbb or workqueue."""
    turn()
    return str(numba.threading_layer())


def _started() -> AbstractContextManager[Any]:
    global _turn
    with _lock:
        if _turn is None:
            if "NUMBA_THREADING_LAYER_PRIORITY" not in os.environ:
                config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]
            _launch_threads()
            alone = numba.threading_layer() == "workqueue"
            _turn = threading.Lock() if alone else nullcontext()
        return _turn


def _after_fork() -> None:
    global _forked, _lock
    _forked = _turn is not None
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
