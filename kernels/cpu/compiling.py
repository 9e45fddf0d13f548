"""What compiling costs: seconds that timings can report apart, and a line while it goes on."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TextIO

PATIENCE = 1.0  # seconds of compiling before anybody is told


class Kernel(NamedTuple):
    """One that was compiled in this process, and not found on disk."""

    name: str
    seconds: float


_kernels: list[Kernel] = []
_shown: bool | None = None
_lock = threading.RLock()


def compiled_kernels() -> list[Kernel]:
    """In the order in which they were needed."""
    return list(_kernels)


def compile_seconds() -> float:
    """How long this process has waited for the compiler."""
    return sum(kernel.seconds for kernel in _kernels)


def show_progress(shown: bool | None) -> None:
    """Whether stderr has a line while kernels compile; None: if it is a terminal."""
    global _shown
    _shown = shown


def prepare(name: str, compile_or_load: Callable[[], bool]) -> None:
    """Make a kernel ready, one thread at a time; the function's result is whether it compiled."""
    with _lock:
        begin = time.perf_counter()
        line = _Line() if compile_seconds() > PATIENCE else None
        try:
            compiled = compile_or_load()
        finally:
            if line is not None:
                line.erase()
        if compiled:
            _kernels.append(Kernel(name, time.perf_counter() - begin))


class _Line:
    """A line on a terminal, which is gone when the kernel is there."""

    def __init__(self) -> None:
        self._stream: TextIO | None = sys.stderr  # None where it was closed
        if self._stream is None or not (self._stream.isatty() if _shown is None else _shown):
            self._stream = None
        text = f"dlcore: compiling kernels for this machine, once ... {len(_kernels) + 1}"
        self._blank = " " * len(text)
        self._write(text)

    def erase(self) -> None:
        self._write(f"{self._blank}\r")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(f"\r{text}")
            self._stream.flush()


# A process is forked while no other thread compiles: the copy of its lock would stay locked.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
