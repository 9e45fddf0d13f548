"""The backend of the processor: Numba kernels, and NumPy's for what isn't worth one.

float64 and integers are computed by NumPy: gradient checks need them, and nothing here is tuned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial, wraps
from importlib import import_module
from typing import Any, ClassVar

from dlcore.backend.base import Call, Kernel, refusal
from dlcore.backend.fusion import fused
from dlcore.backend.fusion.primitives import FUSED, named
from dlcore.backend.host import HostBackend
from dlcore.backend.interface.array import FLOATS, float64
from dlcore.backend.memory import Memory
from dlcore.kernels.cpu import fused as fused_kernels
from dlcore.kernels.cpu.algorithm import forced
from dlcore.kernels.cpu.conv import Geometry
from dlcore.kernels.cpu.launch import Launch, Pool, Script, taping, untapeable
from dlcore.kernels.numpy import KERNELS

STEMS = [  # of the others, NumPy's kernels are good enough
    "conv",
    "copy",
    "finite",
    "gather",
    "join",
    "loss",
    "matmul",
    "norm",
    "optim",
    "pad",
    "pointwise",
    "pool",
    "random",
    "reduce",
    "resize",
    "softmax",
    "unfold",
]


OF_ANY_DTYPE = {"bernoulli", "copy", "count_step", "random_bits"}


def _tuned() -> dict[str, Kernel]:
    """The functions of `kernels/cpu` that are named like a primitive, in the module of its stem."""
    kernels: dict[str, Kernel] = {}
    for stem in STEMS:
        functions = vars(import_module(f"dlcore.kernels.cpu.{stem}"))
        kernels |= {name: functions[name] for name in KERNELS.keys() & functions.keys()}
    return kernels


TUNED = _tuned()


def _bound(name: str, plain: Kernel) -> Kernel:
    """The kernel of a primitive: ours for what it is made for, NumPy's for the rest."""
    tuned = TUNED.get(name)
    if tuned is None:

        @wraps(plain)
        def only_plain(*arrays: Any, **attributes: Any) -> None:
            untapeable()
            plain(*arrays, **attributes)

        return only_plain

    @wraps(tuned)
    def either(*arrays: Any, **attributes: Any) -> None:
        if _is_ours(name, arrays):
            tuned(*arrays, **attributes)
        else:
            untapeable()
            plain(*arrays, **attributes)

    return either


def _is_ours(name: str, arrays: Sequence[Any]) -> bool:
    """Whether the first array of floats has 32 or 16 bits, or it doesn't matter."""
    if name in OF_ANY_DTYPE:
        return True
    for array in arrays:
        if array is not None and array.dtype in FLOATS:
            return bool(array.dtype != float64)
    return False


class CpuBackend(HostBackend):
    """Device "cpu": memory is NumPy arrays, kernels are `dlcore/kernels/cpu`."""

    kernels: ClassVar[Mapping[str, Kernel]] = {
        **{name: _bound(name, plain) for name, plain in KERNELS.items()},
        **{name: getattr(fused_kernels, name) for name in FUSED},
    }

    def execute(self, call: Call) -> None:
        if self.configuration.tf32:  # operands are rounded by NumPy, into arrays that don't last
            untapeable()
        if self.configuration.winograd:
            super().execute(call)
        else:
            with forced("direct"):
                super().execute(call)

    def fused(self, calls: Sequence[Call], memory: Memory, own: Set[int]) -> Sequence[Call]:
        return fused(calls, own, self._can)

    def _can(self, call: Call, what: str) -> bool:
        """Whether our kernel for a convolution, or its input's gradient, does this beside."""
        if call.primitive.name in FUSED:
            operands = named(call)
            y, kernel = operands["y"], operands["kernel"]
        else:
            y = call.outputs[0] if call.primitive.name == "conv2d" else call.arrays[0]
            kernel = call.arrays[1]
        if self.configuration.tf32 or y.dtype == float64 or not y.size:
            return False
        geometry = Geometry(*(call.attributes[name] for name in Geometry._fields))
        with forced(None if self.configuration.winograd else "direct"):
            return fused_kernels.can(what, y.shape, kernel.shape, geometry)

    def prepared(self, calls: Sequence[Call]) -> Sequence[Callable[[], None]]:
        return [_Stretch(self, calls)]


class _Stretch:
    """Calls that are done one after the other: from the second time on as one script.

    What the kernels do is taped when they run for the first time. Calls that can't be taped stay
    as they are, between the scripts of the others.
    """

    def __init__(self, backend: CpuBackend, calls: Sequence[Call]) -> None:
        self.backend, self.calls = backend, calls
        self.parts: list[Callable[[], None]] = []
        self.pool = Pool()  # what the scripts work in

    def __call__(self) -> None:
        if self.parts:
            for part in self.parts:
                part()
        elif self.calls:
            self.parts = self._tape()

    def _tape(self) -> list[Callable[[], None]]:
        parts: list[Callable[[], None]] = []
        launches: list[Launch] = []

        def close() -> None:
            if launches:
                parts.append(Script(launches).run)
                launches.clear()

        for call in self.calls:
            with taping(self.pool) as tape:
                self.backend.execute(call)
            if tape.complete and not call.primitive.checks_values:
                launches += tape.launches
                continue
            close()
            if tape.complete:
                parts.append(partial(_checked, Script(tape.launches), call))
            else:
                parts.append(partial(self.backend.execute, call))
        close()
        return parts


def _checked(script: Script, call: Call) -> None:
    """Do again a call whose kernel may refuse what it finds."""
    try:
        script.run()
    except IndexError as error:
        raise refusal(call, error) from error
