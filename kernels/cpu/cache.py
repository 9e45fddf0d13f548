"""Where compiled kernels live between processes.

Numba's cache sees edits of a kernel's own file only, not of the helpers it imports: it would go on
returning the old machine code. So the folder is named by everything that a kernel is made of: the
files of this package, the versions of Numba and llvmlite, and the processor it is compiled for.

Only tasks of this package are kept (`task`), with the functions that they call inside. Each has a
file of its own, named after it. Processes that start cold together then write the same content,
each into a temporary file that replaces the other's.
"""

from __future__ import annotations

import hashlib
import inspect
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
from numba.core.caching import FunctionCache, IndexDataCacheFile

from dlcore.kernels.cpu.compiling import prepare
from dlcore.kernels.cpu.machine import platform

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
PACKAGE = __name__.rpartition(".")[0] + "."
PREFIX = "kernels-"
UNUSED_SECONDS = 30 * 24 * 3600
_lock = threading.Lock()


def compiled(function: Kernel) -> Kernel:
    """`numba.njit` for what tasks are made of: without the interpreter lock, not kept by itself.

    Division by zero gives infinity or NaN, as in NumPy. There is no fast math.
    """
    kernel: Kernel = numba.njit(nogil=True, error_model="numpy")(function)
    return kernel


def compile_under(name: str, function: Any, *signature: Any) -> None:
    """Compile a `CFunc`, or a dispatcher for a signature, or load it from the file of its name."""
    kept = None
    python = inspect.unwrap(function)
    if python.__module__.startswith(PACKAGE) and folder() is not None:
        kept = function._cache = _Cache(python, name)

    def compile_or_load() -> bool:
        function.compile(*signature)
        return kept is None or not kept.hit

    prepare(name, compile_or_load)


class _Cache(FunctionCache):  # type: ignore[misc]  # Numba has no types
    """A cache for the one signature of a function with a name.

    Numba tells closures apart by what they hold, which differs between processes for vector code;
    here the name does, and the folder is new when the sources are.

    Attributes:
        hit: whether the code was there.
    """

    def __init__(self, function: Any, name: str) -> None:
        place = str(folder())
        with _lock:  # Numba reads the folder's name here, once, and leaves others' functions alone
            before, config.CACHE_DIR = config.CACHE_DIR, place
            try:
                super().__init__(function)
            finally:
                config.CACHE_DIR = before
        self._cache_path = place
        self._cache_file = IndexDataCacheFile(place, name, source_stamp="")
        self.hit = False

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        code = super().load_overload(sig, target_context)
        self.hit = code is not None
        return code

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return ()


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
