"""What the leader and the helpers of a team do, as compiled code.

They share a record of a few words, each in a cache line of its own. The ticket is what pieces are
taken by: the number of the open task in its upper half, the next piece in the lower one. Whoever
raises it by one has that piece. Before the record of a task is changed its ticket is closed, so
that a helper which still looks at the last one can't take a piece of the next by mistake.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core import cgutils, types, typing
from numba.extending import intrinsic

from dlcore.kernels.cpu.cache import compile_under, compiled
from dlcore.kernels.cpu.denormals import flush_denormals, restore
from dlcore.kernels.cpu.entry import WORD
from dlcore.kernels.cpu.machine import platform
from dlcore.kernels.cpu.task import HEAD

Function = TypeVar("Function", bound=Callable[..., None])
Helping = Callable[[int, int], None]

LINE = 64  # bytes of a cache line
TICKET = 0 * LINE
# Of the open task, in one line: its code, how many pieces, where its plan is, and the memory that
# threads work in, with the step from one's to the next. A helper may be late, the words gone.
CODE, PIECES, PLAN, MEMORY, STEP = (1 * LINE + 8 * place for place in range(5))
DONE = 2 * LINE  # pieces of the open task that helpers have done
RUNNING = 3 * LINE  # threads of the program that runs, 0 if none does
LINES = 4

HALF = 32
CLOSED = (1 << HALF) - 1  # a piece that nobody may take
PATIENCE = 30_000  # looks at a team without a leader, before a helper goes: about 1 ms
COURTESY = 3_000  # looks before others are let on the core

_signature: Any = typing.signature
_external: Any = types.ExternalFunction
_yield = _external("sched_yield", _signature(types.int32))
HINT = ir.Constant(ir.IntType(32), 1)  # ARM's "yield"
POLITE = os.name == "posix"


@cache
def alone() -> Callable[[int, int, int], None]:
    """(begin, end, memory): do a program on this thread."""

    def serial(at: int, end: int, memory: int) -> None:
        mode = flush_denormals()
        while at < end:
            code, pieces = _word(at + 8), _word(at + 16)
            for index in range(pieces):
                _call(code, index, memory, at + 8 * HEAD)
            at += 8 * _word(at)
        restore(mode)

    return _compiled("alone", serial, 3)


@cache
def leading() -> Callable[[int, int, int, int], None]:
    """(record, begin, end, memory): do a program together with helpers."""

    def lead(record: int, at: int, end: int, memory: int) -> None:
        mode = flush_denormals()
        number = (_look(record + TICKET) >> HALF) & 0x3FFFFFFF
        _set(record + MEMORY, memory)
        while at < end:
            code, pieces, plan = _word(at + 8), _word(at + 16), at + 8 * HEAD
            if pieces == 1:
                _call(code, 0, memory, plan)
            else:
                number = (number + 1) & 0x3FFFFFFF
                _set(record + CODE, code)
                _set(record + PIECES, pieces)
                _set(record + PLAN, plan)
                _set(record + STEP, _word(at + 24))
                _set(record + DONE, 0)
                _set(record + TICKET, number << HALF)
                own = 0
                piece = _add(record + TICKET) & CLOSED
                while piece < pieces:
                    _call(code, piece, memory, plan)
                    own += 1
                    piece = _add(record + TICKET) & CLOSED
                looks = 0
                while _look(record + DONE) + own < pieces:
                    looks += 1
                    _wait(looks)
                _set(record + TICKET, number << HALF | CLOSED)
            at += 8 * _word(at)
        restore(mode)

    return _compiled("lead", lead, 4)


@cache
def helping() -> Helping:
    """(record, number): help whoever leads, until nobody has for a while."""

    def help_out(record: int, number: int) -> None:
        mode = flush_denormals()
        looks = 0
        while looks < PATIENCE:
            ticket, threads = _look(record + TICKET), _look(record + RUNNING)
            code, pieces, plan = (
                _look(record + CODE),
                _look(record + PIECES),
                _look(record + PLAN),
            )
            memory = _look(record + MEMORY) + number * _look(record + STEP)
            piece = ticket & CLOSED
            if piece >= pieces or threads <= number:
                looks = 1 if threads > number and looks > COURTESY else looks + 1
                _wait(looks)
            elif _take(record + TICKET, ticket):
                _call(code, piece, memory, plan)
                _add(record + DONE)
                looks = 0
        restore(mode)

    return _compiled("help", help_out, 2)


def _compiled(name: str, function: Function, arguments: int) -> Function:
    dispatcher: Function = numba.njit(nogil=True)(function)
    compile_under(f"crew.{name}", dispatcher, (types.int64,) * arguments)
    return dispatcher


@compiled
def _wait(looks: int) -> None:
    """Before the next look: a short break, and now and then a chance for other threads."""
    if POLITE and looks % COURTESY == 0:
        _yield()
    else:
        _pause()


# -- words that threads share ------------------------------------------------------------------


@intrinsic  # type: ignore[untyped-decorator]
def _word(context: Any, address: Any) -> Any:
    """The integer at an address, which nobody changes meanwhile."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(builder, arguments[0]))

    return _signature(types.int64, types.int64), lower


@intrinsic  # type: ignore[untyped-decorator]
def _look(context: Any, address: Any) -> Any:
    """The integer at an address now."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_place(builder, arguments[0]), "seq_cst", 8)

    return _signature(types.int64, types.int64), lower


@intrinsic  # type: ignore[untyped-decorator]
def _set(context: Any, address: Any, value: Any) -> Any:
    """Let everybody see a new integer at an address, after all that was written before."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = context.cast(builder, arguments[1], signature.args[1], types.int64)
        builder.store_atomic(value, _place(builder, arguments[0]), "seq_cst", 8)
        return context.get_dummy_value()

    return _signature(types.void, types.int64, types.int64), lower


@intrinsic  # type: ignore[untyped-decorator]
def _add(context: Any, address: Any) -> Any:
    """Raise the integer at an address by one; the answer is what it was."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one = ir.Constant(WORD, 1)
        return builder.atomic_rmw("add", _place(builder, arguments[0]), one, "seq_cst")

    return _signature(types.int64, types.int64), lower


@intrinsic  # type: ignore[untyped-decorator]
def _take(context: Any, address: Any, seen: Any) -> Any:
    """Raise the integer at an address by one if it is still what was seen there."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, seen = _place(builder, arguments[0]), arguments[1]
        raised = builder.add(seen, ir.Constant(WORD, 1))
        answer = builder.cmpxchg(place, seen, raised, "seq_cst", "seq_cst")
        return builder.extract_value(answer, 1)

    return _signature(types.boolean, types.int64, types.int64), lower


@intrinsic  # type: ignore[untyped-decorator]
def _call(context: Any, code: Any, index: Any, memory: Any, plan: Any) -> Any:
    """Call a task's machine code."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [WORD, WORD, WORD])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return _signature(types.void, *[types.int64] * 4), lower


@intrinsic  # type: ignore[untyped-decorator]
def _pause(context: Any) -> Any:
    """Tell the processor that this thread only waits."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x86 = platform()[0].startswith(("x86_64", "i686"))
        name, words = ("llvm.x86.sse2.pause", []) if x86 else ("llvm.aarch64.hint", [HINT])
        kind = ir.FunctionType(ir.VoidType(), [word.type for word in words])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), words)
        return context.get_dummy_value()

    return _signature(types.void), lower


def _place(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, WORD.as_pointer())
