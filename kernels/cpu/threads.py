"""How many threads kernels use."""

from __future__ import annotations

import os
from functools import cache

from numba.core import config

from dlcore.kernels.cores import cores, cpu_quota, usable_threads

_wanted: int | None = None


def thread_count() -> int:
    """Threads that the next kernel uses."""
    return _wanted or available_threads()


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
    if "NUMBA_NUM_THREADS" in os.environ:
        return int(config.NUMBA_NUM_THREADS)
    return usable_threads(cores(), cpu_quota())
