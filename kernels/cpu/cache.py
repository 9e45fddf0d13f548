"""Where compiled kernels live between processes.

Numba's cache sees edits of a kernel's own file only, not of the helpers it imports: it would go on
returning the old machine code. So the folder is named by everything that a kernel is made of: the
files of this package, the versions of Numba and llvmlite, and the processor it is compiled for.

Compiled functions take numbers only and have one signature each. Processes that start cold
together then write the same content, each into a temporary file that replaces the other's.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import llvmlite
import numba
from numba.core import config

from dlcore.kernels.cpu.machine import platform

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
PREFIX = "kernels-"
UNUSED_SECONDS = 30 * 24 * 3600
_lock = threading.Lock()


def compiled(function: Kernel) -> Kernel:
    """`numba.njit` for kernels: cached in our folder, without the interpreter lock.

    Division by zero gives infinity or NaN, as in NumPy. There is no fast math.
    """
    return _compiled(function, parallel=False)


def compiled_parallel(function: Kernel) -> Kernel:
    """The same for loops over `numba.prange`; call the function in a `threads.turn`."""
    return _compiled(function, parallel=True)


def _compiled(function: Kernel, parallel: bool) -> Kernel:
    place = folder()
    jit = numba.njit(nogil=True, error_model="numpy", cache=place is not None, parallel=parallel)
    with _lock:  # Numba reads the folder's name here, once, and leaves others' functions alone
        before, config.CACHE_DIR = config.CACHE_DIR, str(place or "")
        try:
            kernel: Kernel = jit(function)
        finally:
            config.CACHE_DIR = before
    return kernel


@cache
def folder() -> Path | None:
    """The cache folder of this process, made if need be; None where nothing can be written."""
    try:
        place = user_folder() / f"{PREFIX}{fingerprint(Path(__file__).parent)}"
        place.mkdir(parents=True, exist_ok=True)
        os.utime(place)  # in use, as `remove_unused` reads it
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None
    remove_unused(place.parent, time.time() - UNUSED_SECONDS)
    return place if os.access(place, os.W_OK) else None


def user_folder() -> Path:
    """NUMBA_CACHE_DIR if set, else where the system keeps a user's caches."""
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR) / "dlcore"
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "dlcore"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "dlcore"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "dlcore"


def fingerprint(sources: Path) -> str:
    """16 hexadecimal digits that change with any Python file in `sources`, and what compiles it."""
    state = hashlib.sha256(repr((numba.__version__, llvmlite.__version__, platform())).encode())
    for path in sorted(sources.rglob("*.py")):
        content = path.read_bytes()
        state.update(f"{path.relative_to(sources).as_posix()} {len(content)}\n".encode())
        state.update(content)
    return state.hexdigest()[:16]


def remove_unused(parent: Path, before: float) -> None:
    """Remove cache folders that no process has begun to use since `before`, a time.time()."""
    for place in parent.glob(f"{PREFIX}*"):
        try:
            if place.stat().st_mtime < before:
                shutil.rmtree(place, ignore_errors=True)
        except OSError:  # another process was faster
            continue
