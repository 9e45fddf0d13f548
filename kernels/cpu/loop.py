"""The loops that start tasks: one for a single thread, one for as many as there are.

A program is what tasks have to do, one after the other: their words (`Task.words`), joined. Threads
take the next piece when they are done with one, so that a busy core holds nobody up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import prange
from numba.core import types, typing
from numba.extending import intrinsic

from dlcore.kernels.cpu.address import address
from dlcore.kernels.cpu.cache import compile_under
from dlcore.kernels.cpu.denormals import flush_denormals, restore
from dlcore.kernels.cpu.entry import WORD
from dlcore.kernels.cpu.task import HEAD, Words
from dlcore.kernels.cpu.threads import turn

_signature: Any = typing.signature
_external: Any = types.ExternalFunction
# Numba's own, with the types by which it declares them for parallel loops.
_get_team = _external("get_num_threads", _signature(types.intp))
_set_team = _external("set_num_threads", _signature(types.void, types.intp))


def start(program: Words, threads: int, memory: int) -> None:
    """Do a program, by at most so many threads, which share the memory at an address."""
    begin = address(program)
    end = begin + program.nbytes
    if threads == 1:
        _serial()(begin, end, memory)
        return
    with turn():
        _parallel()(begin, end, threads, memory)


@intrinsic  # type: ignore[untyped-decorator]
def _word(context: Any, address: Any) -> Any:
    """The integer at an address."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], WORD.as_pointer()))

    return _signature(types.int64, types.int64), lower


@intrinsic  # type: ignore[untyped-decorator]
def _next(context: Any, counter: Any) -> Any:
    """The number at an address, which is one higher afterwards, for whoever asks next."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], WORD.as_pointer())
        return builder.atomic_rmw("add", place, ir.Constant(WORD, 1), "monotonic")

    return _signature(types.int64, types.int64), lower


@intrinsic  # type: ignore[untyped-decorator]
def _call(context: Any, code: Any, index: Any, memory: Any, plan: Any) -> Any:
    """Call a task's machine code."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [WORD, WORD, WORD])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return _signature(types.void, *[types.int64] * 4), lower


@cache
def _serial() -> Callable[[int, int, int], None]:
    def serial(at: int, end: int, memory: int) -> None:
        mode = flush_denormals()
        while at < end:
            code, pieces = _word(at + 8), _word(at + 16)
            for index in range(pieces):
                _call(code, index, memory, at + 8 * HEAD)
            at += 8 * _word(at)
        restore(mode)

    function = numba.njit(nogil=True)(serial)
    compile_under("loop.serial", function, (types.int64,) * 3)
    return function  # type: ignore[no-any-return]


@cache
def _parallel() -> Callable[[int, int, int, int], None]:
    def parallel(at: int, end: int, threads: int, memory: int) -> None:
        mode = flush_denormals()
        team = _get_team()
        _set_team(threads)  # for small tasks, too: OpenMP ends threads that a team has no use for
        counter = np.zeros(16, np.int64)  # a cache line, and to spare
        place = np.int64(counter.ctypes.data) + 64
        while at < end:
            code, pieces, step = _word(at + 8), _word(at + 16), _word(at + 24)
            plan = at + 8 * HEAD
            if pieces == 1:
                _call(code, 0, memory, plan)
            else:
                counter[8] = 0
                for worker in prange(min(threads, pieces)):
                    own_mode = flush_denormals()
                    own = memory + np.int64(worker) * step
                    index = _next(place)
                    while index < pieces:
                        _call(code, index, own, plan)
                        index = _next(place)
                    restore(own_mode)
            at += 8 * _word(at)
        _set_team(team)
        restore(mode)

    function = numba.njit(nogil=True, parallel=True)(parallel)
    compile_under("loop.parallel", function, (types.int64,) * 4)
    return function  # type: ignore[no-any-return]
