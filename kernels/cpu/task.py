"""Tasks: kernels cut into pieces that any thread may do, compiled when they are first needed.

    class Plan(NamedTuple):
        x: int        # addresses and sizes are integers
        count: int
        slope: float  # numbers are floats

    @task(Plan)
    def scale(index: int, memory: int, p: Plan) -> None:
        ...           # piece number `index`, with `memory` to work in

`launch.run(scale, pieces, Plan(...))` does them all. Every piece must give the same bits whoever
does it, in whatever order. A task has one signature for the machine, (index, memory, address of the
plan), so that one compiled loop starts all kernels: see `launch`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cached_property
from typing import Any, get_type_hints

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.ccallback import CFunc
from numba.extending import intrinsic

from dlcore.kernels.cpu.cache import cached_under, compiled

Words = np.ndarray[Any, np.dtype[np.int64]]
WORD = ir.IntType(64)
ENTRY = types.void(types.int64, types.int64, types.int64)


class Task:
    """A kernel with the form of its plan.

    Args:
        body: function of (index, memory, plan), for Numba.
        plan: a NamedTuple of ints and floats.
        name: of the kernel, the only one with it: its file in the cache.
    """

    def __init__(self, body: Callable[[int, int, Any], None], plan: type, name: str) -> None:
        self.body, self.plan, self.name = body, plan, name
        kinds = get_type_hints(plan)
        self._pack = struct.Struct(
            "".join("d" if kinds[f] is float else "q" for f in _fields(plan))
        )

    def words(self, plan: Any) -> Words:
        """A plan as the machine reads it: a word for each field."""
        return np.frombuffer(self._pack.pack(*plan), np.int64)

    @cached_property
    def address(self) -> int:
        """Where its machine code is; compiles it, or loads it from the cache."""
        body, read = compiled(self.body), _reader(self.plan)

        def entry(index: int, memory: int, words: int) -> None:
            body(index, memory, read(words))

        options = {"nopython": True, "error_model": "numpy"}
        function = CFunc(entry, (ENTRY.args, ENTRY.return_type), {}, options)
        cached_under(self.name, function)
        function.compile()
        self._function = function  # its machine code lives as long as it does
        return int(function.address)

    def __repr__(self) -> str:
        return f"<task {self.name}>"


def task(plan: type, variant: str = "") -> Callable[[Callable[[int, int, Any], None]], Task]:
    """Make a kernel of a function of (index, memory, plan).

    Args:
        variant: tells apart the kernels that one function makes, such as one for each dtype.
    """

    def decorate(body: Callable[[int, int, Any], None]) -> Task:
        stem = body.__module__.rpartition(".")[2]
        return Task(body, plan, ".".join(filter(None, (stem, body.__name__.strip("_"), variant))))

    return decorate


def _fields(plan: Any) -> tuple[str, ...]:
    return tuple(plan._fields)


def _reader(plan: type) -> Any:
    """The intrinsic that makes a plan of the words at an address."""
    kinds = get_type_hints(plan)
    members = [types.float64 if kinds[f] is float else types.int64 for f in _fields(plan)]
    kind = types.NamedTuple(members, plan)

    @intrinsic
    def read(context: Any, address: Any) -> Any:
        def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            fields = []
            for place, member in enumerate(members):
                target = context.get_value_type(member)
                first = builder.inttoptr(arguments[0], target.as_pointer())
                fields.append(builder.load(builder.gep(first, [ir.Constant(WORD, place)])))
            return context.make_tuple(builder, kind, fields)

        return kind(types.int64), lower

    return read
