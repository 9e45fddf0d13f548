"""Tasks: kernels cut into pieces that any thread may do, compiled when they are first needed.

    class Plan(NamedTuple):
        x: int        # addresses and sizes are integers
        count: int
        slope: float  # numbers are floats

    @task(Plan)
    def scale(index: int, memory: int, p: Plan) -> None:
        ...           # piece number `index`, with `memory` to work in

`launch.run(scale, pieces, Plan(...))` does them all. Every piece must give the same bits whoever
does it, in whatever order. All tasks have one signature for the machine (`entry`), so that one
compiled loop starts all kernels (`crew`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cached_property
from typing import Any, get_type_hints

import numpy as np

from dlcore.kernels.cpu.cache import compile_under
from dlcore.kernels.cpu.entry import Entry

Words = np.ndarray[Any, np.dtype[np.int64]]
HEAD = 4
"""Words before a plan: how many there are in all, the code, pieces, bytes of memory for each."""


class Task:
    """A kernel with the form of its plan.

    Args:
        body: function of (index, memory, plan), for Numba.
        plan: a NamedTuple of ints and floats.
        name: of the kernel, the only one with it: its file in the cache.
    """

    def __init__(self, body: Callable[[int, int, Any], None], plan: Any, name: str) -> None:
        self.body, self.plan, self.name = body, plan, name
        kinds = get_type_hints(plan)
        form = "".join("d" if kinds[field] is float else "q" for field in plan._fields)
        self._pack = struct.Struct("q" * HEAD + form).pack
        self._length = HEAD + len(form)

    def words(self, pieces: int, memory: int, plan: Any) -> Words:
        """What `crew` reads to do the task: the head, and a word for each field of the plan."""
        packed = self._pack(self._length, self.address, pieces, memory, *plan)
        return np.frombuffer(packed, np.int64)

    @cached_property
    def address(self) -> int:
        """Where its machine code is; compiles it, or loads it from the cache."""
        return int(self._entry.address)

    @cached_property
    def _entry(self) -> Any:
        """The machine code, which lives as long as the task does."""
        name_parts(self.body, self.name)
        entry = Entry(self.body, self.plan)
        compile_under(self.name, entry)
        return entry

    def __repr__(self) -> str:
        return f"<task {self.name}>"


def name_parts(function: Any, name: str) -> None:
    """Name a function, and the compiled closures that it holds, so that nothing else has the name.

    Machine code finds its parts by name, and Numba numbers functions of one name as they come:
    code that one process has kept and code that another has just made would be mixed up.
    """
    function.__qualname__ = name
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for free, cell in cells:
        part = getattr(cell.cell_contents, "py_func", None)
        if part is not None and part.__closure__ and "<locals>" in part.__qualname__:
            name_parts(part, f"{name}.{free}")


def task(plan: type, variant: str = "") -> Callable[[Callable[[int, int, Any], None]], Task]:
    """Make a kernel of a function of (index, memory, plan).

    Args:
        variant: tells apart the kernels that one function makes, such as one for each dtype.
    """

    def decorate(body: Callable[[int, int, Any], None]) -> Task:
        stem = body.__module__.rpartition(".")[2]
        return Task(body, plan, ".".join(filter(None, (stem, body.__name__.strip("_"), variant))))

    return decorate
