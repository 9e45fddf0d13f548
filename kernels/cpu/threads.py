"""How many threads kernels use, and what protects them from each other."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numba
from numba.np.ufunc.parallel import _launch_threads

_started = False
_forked = False
_wanted: int | None = None


def thread_count() -> int:
    """Threads that the next kernel uses.

    In a process that was forked after kernels ran on several threads it is one: the threads are
    gone, and the libraries beneath don't start new ones there.
    """
    return 1 if _forked else min(_wanted or available_threads(), numba.get_num_threads())


def set_thread_count(count: int | None) -> None:
    """Use so many threads, at most one for each core that the process may use; None for all.

    Results don't depend on it, bit for bit.
    """
    global _wanted
    if count is not None and count < 1:
        raise ValueError(f"set_thread_count: expected 1 or more, received {count}")
    _wanted = count


@cache
def available_threads() -> int:
    """Cores that this process may use at a time."""
    return int(numba.config.NUMBA_NUM_THREADS)


@cache
def turn() -> AbstractContextManager[Any]:
    """What a thread holds while it runs a parallel kernel, so that several may.

    OpenMP and TBB serve them all at once. Numba's own work queue, which is left where neither
    library is there, breaks down under two callers; there they wait for each other.
    """
    global _started
    _launch_threads()
    _started = True
    return threading.Lock() if numba.threading_layer() == "workqueue" else nullcontext()


def _after_fork() -> None:
    global _forked
    _forked = _started


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
