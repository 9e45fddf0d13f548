"""Runs tasks: all pieces of one, then all of the next, by as many threads as there are.

Threads take the next piece when they are done with one, so that a busy core holds nobody up.

What a kernel does can be written down (`taping`) and done again by one call of compiled code, with
no Python between its tasks. That is exact as long as the kernel reads and writes arrays by tasks
alone; one that can't promise it says so with `untapeable`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import prange
from numba.core import types
from numba.extending import intrinsic

from dlcore.kernels.cpu.address import address
from dlcore.kernels.cpu.cache import cached_under
from dlcore.kernels.cpu.denormals import flush_denormals, restore
from dlcore.kernels.cpu.task import WORD, Task, Words
from dlcore.kernels.cpu.threads import thread_count, turn

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
PAGE = 4096


class Launch(NamedTuple):
    """One task: where its code and its words are, pieces, bytes of memory for each thread."""

    task: Task
    pieces: int
    words: Words
    memory: int


class Pool:
    """Buffers to work in, page by page; one that was given back is lent again."""

    def __init__(self) -> None:
        self.free: list[Bytes] = []
        self.all: list[Bytes] = []

    def borrow(self, size: int, keep: bool) -> Bytes:
        """The smallest free buffer that fits, or a new one, instead of a free one unless `keep`."""
        fitting = [buffer for buffer in self.free if buffer.size >= size]
        if fitting:
            buffer = min(fitting, key=lambda buffer: buffer.size)
        else:
            if self.free and not keep:
                self._drop(max(self.free, key=lambda buffer: buffer.size))
            buffer = np.empty(size, np.uint8)
            self.all.append(buffer)
            return buffer
        self.free = [other for other in self.free if other is not buffer]
        return buffer

    def _drop(self, buffer: Bytes) -> None:
        self.free = [other for other in self.free if other is not buffer]
        self.all = [other for other in self.all if other is not buffer]


class Tape:
    """What kernels did while it was open.

    Attributes:
        launches: in order.
        complete: whether doing them again does everything again.
        pool: the memory they work in, to be kept as long as the launches are.
    """

    def __init__(self, pool: Pool) -> None:
        self.launches: list[Launch] = []
        self.complete = True
        self.pool = pool


class _State(threading.local):
    def __init__(self) -> None:
        self.tape: Tape | None = None
        self.pool = Pool()


_state = _State()


def run(task: Task, pieces: int, plan: Any, memory: int = 0) -> None:
    """Do a task: pieces 0 ... pieces - 1, each with `memory` bytes to work in, of the thread's own.

    The addresses in the plan must belong to arrays that the caller keeps alive.
    """
    if pieces < 1:
        return
    launch = Launch(task, pieces, task.words(plan), -(-memory // PAGE) * PAGE)
    if _state.tape is not None:
        _state.tape.launches.append(launch)
    if pieces > 1:
        Script([launch]).run()
    elif not memory:  # small arrays: everything around the work counts
        _one(task.address, 0, address(launch.words))
    else:
        with temporary(launch.memory) as place:
            _one(task.address, place, address(launch.words))


class Script:
    """Launches ready to be done again and again; whoever has one keeps their arrays alive."""

    def __init__(self, launches: Sequence[Launch]) -> None:
        self.words = [launch.words for launch in launches]
        self.memory = max((launch.memory for launch in launches), default=0)
        self.pieces = max((launch.pieces for launch in launches), default=0)
        self.table = np.array(
            [
                (launch.task.address, launch.pieces, address(launch.words), launch.memory)
                for launch in launches
            ],
            np.int64,
        ).reshape(-1, 4)

    def run(self) -> None:
        """Do them, in order."""
        threads = min(thread_count(), self.pieces)
        with temporary(threads * self.memory) as memory:
            if threads <= 1:
                _serial(self.table, memory)
                return
            with turn():
                _parallel(self.table, threads, memory)


@contextmanager
def temporary(size: int) -> Iterator[int]:
    """The address of `size` bytes, at the begin of a page, until the block ends."""
    if not size:
        yield 0
        return
    tape = _state.tape
    pool = _state.pool if tape is None else tape.pool
    buffer = pool.borrow(size + PAGE, keep=tape is not None)
    try:
        yield -(-address(buffer) // PAGE) * PAGE
    finally:
        pool.free.append(buffer)


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


# -- compiled ----------------------------------------------------------------------------------


@intrinsic
def _next(context: Any, counter: Any) -> Any:
    """The number at an address, which is one higher afterwards, for whoever asks next."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], WORD.as_pointer())
        return builder.atomic_rmw("add", place, ir.Constant(WORD, 1), "monotonic")

    return types.int64(types.int64), lower


@intrinsic
def _call(context: Any, code: Any, index: Any, memory: Any, words: Any) -> Any:
    """Call a task's machine code."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [WORD, WORD, WORD])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), lower


@numba.njit(nogil=True)
def _one(code: int, memory: int, words: int) -> None:
    mode = flush_denormals()
    _call(code, 0, memory, words)
    restore(mode)


@numba.njit(nogil=True)
def _serial(table: Words, memory: int) -> None:
    mode = flush_denormals()
    for line in range(len(table)):
        code, pieces, words = table[line, 0], table[line, 1], table[line, 2]
        for index in range(pieces):
            _call(code, index, memory, words)
    restore(mode)


@numba.njit(nogil=True, parallel=True)
def _parallel(table: Words, threads: int, memory: int) -> None:
    counter = np.zeros(16, np.int64)  # a cache line, and to spare
    place = np.int64(counter.ctypes.data)
    for line in range(len(table)):
        code, pieces, words = table[line, 0], table[line, 1], table[line, 2]
        step = table[line, 3]
        counter[8] = 0
        for worker in prange(min(threads, pieces)):
            mode = flush_denormals()
            own = memory + np.int64(worker) * step
            index = _next(place + 64)
            while index < pieces:
                _call(code, index, own, words)
                index = _next(place + 64)
            restore(mode)


cached_under("launch.one", _one)
cached_under("launch.serial", _serial)
cached_under("launch.parallel", _parallel)


def _after_fork() -> None:
    _state.tape, _state.pool = None, Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
