"""Runs tasks: all pieces of one, then all of the next, by as many threads as there are.

What a kernel does can be written down (`taping`) and done again by one call of compiled code, with
no Python between its tasks. That is exact as long as the kernel reads and writes arrays by tasks
alone; one that can't promise it says so with `untapeable`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu.task import Task, Words
from dlcore.kernels.cpu.team import start
from dlcore.kernels.cpu.threads import thread_count
from dlcore.kernels.cpu.workspace import PAGE, Pool

__all__ = ["Launch", "Pool", "Script", "Tape", "run", "taping", "temporary", "untapeable"]


class Launch(NamedTuple):
    """A task that was done.

    Attributes:
        words: of the program.
        task: keeps its code.
        check: see `run`.
    """

    words: Words
    task: Task
    check: Callable[[], None] | None


class Tape:
    """What kernels did while it was open.

    Attributes:
        launches: in order.
        complete: whether doing them again does everything again.
        pool: the temporary memory that is in their plans, to be kept as long as they are.
    """

    def __init__(self, pool: Pool) -> None:
        self.launches: list[Launch] = []
        self.complete = True
        self.pool = pool


class _State(threading.local):
    def __init__(self) -> None:
        self.tape: Tape | None = None
        self.pool = Pool(keep=False)


_state = _State()


def run(
    task: Task,
    pieces: int,
    plan: Any,
    memory: int = 0,
    check: Callable[[], None] | None = None,
) -> None:
    """Do a task: pieces 0 ... pieces - 1, each with `memory` bytes to work in, of the thread's own.

    The addresses in the plan must belong to arrays that the caller keeps alive.

    Args:
        check: is called afterwards, and raises if the task met something that it noted as wrong.
    """
    if pieces < 1:
        return
    memory = -(-memory // PAGE) * PAGE
    words = task.words(pieces, memory, plan)
    if _state.tape is not None:
        _state.tape.launches.append(Launch(words, task, check))
    _do(words, pieces, memory)
    if check is not None:
        check()


class Script:
    """Launches ready to be done again and again; whoever has one keeps their arrays alive."""

    def __init__(self, launches: Sequence[Launch]) -> None:
        self._tasks = [launch.task for launch in launches]
        self._checks = [launch.check for launch in launches if launch.check is not None]
        self._program = np.concatenate([np.zeros(0, np.int64), *(one.words for one in launches)])
        self._program.flags.writeable = False  # as the words of a single launch
        self._pieces = max((int(launch.words[2]) for launch in launches), default=0)
        self._memory = max((int(launch.words[3]) for launch in launches), default=0)

    def run(self) -> None:
        """Do them, in order, and then their checks."""
        _do(self._program, self._pieces, self._memory)
        for check in self._checks:
            check()


def _do(program: Words, pieces: int, memory: int) -> None:
    """Do a program whose tasks have so many pieces and bytes for each of them, at most."""
    threads = thread_count() if pieces > 1 else 1
    if not memory:
        start(program, threads, 0)
        return
    pool = _state.pool
    buffer = pool.borrow(min(threads, pieces) * memory)
    try:
        start(program, threads, buffer.address)
    finally:
        pool.give_back(buffer)


@contextmanager
def temporary(size: int) -> Iterator[int]:
    """The address of `size` bytes, at the begin of a page, until the block ends."""
    tape = _state.tape
    pool = _state.pool if tape is None else tape.pool
    buffer = pool.borrow(size)
    try:
        yield buffer.address
    finally:
        pool.give_back(buffer)


@contextmanager
def taping(pool: Pool | None = None) -> Iterator[Tape]:
    """Write down what kernels of this thread do inside the block.

    Args:
        pool: of the tapes that are done again one after the other, which may share memory.
    """
    before, tape = _state.tape, Tape(pool or Pool())
    _state.tape = tape
    try:
        yield tape
    finally:
        _state.tape = before


def untapeable() -> None:
    """Say that the kernel does something beside its tasks, such as NumPy on an array's values."""
    if _state.tape is not None:
        _state.tape.complete = False


def _after_fork() -> None:
    _state.tape, _state.pool = None, Pool(keep=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
