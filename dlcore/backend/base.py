"""What a device has to provide beside its kernels, and the one place where kernels are launched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence, Set
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np

from dlcore.backend.communicator import Communicator
from dlcore.backend.interface.array import Array, Shape
from dlcore.backend.interface.primitive import Primitive
from dlcore.errors import DeviceError, IndexRangeError
from dlcore.scope import current_path

if TYPE_CHECKING:
    from dlcore.backend.memory import Memory

Kernel = Callable[..., None]
HostArray = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Configuration:
    """What changes the numbers of a backend.

    Attributes:
        tf32: products of 32-bit operands are taken with operands rounded to 10 mantissa bits.
        fusion: recorded steps do neighbours in one pass, where a device can: sums are then added in
            another order.
        winograd: 3x3 convolutions may take Winograd's transforms: faster, with some ten times the
            rounding error.
    """

    tf32: bool = False
    fusion: bool = True
    winograd: bool = True


class Call(NamedTuple):
    """One launch of a primitive: what an observer sees and a recorded program replays.

    Attributes:
        path: the module that was running, forward or backward.
    """

    backend: Backend
    primitive: Primitive[..., Any]
    arrays: tuple[Any, ...]
    outputs: tuple[Any, ...]
    attributes: Mapping[str, Any]
    path: str


def refusal(call: Call, error: IndexError) -> IndexRangeError:
    """What to raise for a kernel's IndexError(expected, received)."""
    expected, received = error.args
    answer = IndexRangeError(
        call.primitive.name,
        expected=expected,
        received=received,
        remedy="check the labels or indices that go in",
    )
    answer.path = call.path
    return answer


class Observer(Protocol):
    """Sees every launch of its thread, and every value that the host asks for."""

    def launched(self, call: Call) -> None: ...
    def downloaded(self, array: Array) -> None: ...


observer: ContextVar[Observer | None] = ContextVar("observer", default=None)


class Backend(ABC):
    """One device: memory, transfers, kernels.

    Attributes:
        device: the name that users write, such as "cpu" or "cuda:1".
        kernels: for each primitive's name, a function that takes the primitive's arrays, then the
            outputs, then its keywords. What has no kernel here raises; nothing falls back.
    """

    device: str
    kernels: ClassVar[Mapping[str, Kernel]]

    def __init__(self, device: str, configuration: Configuration | None = None) -> None:
        self.device = device
        self.configuration = configuration or Configuration()
        self.communicator = Communicator()

    @abstractmethod
    def empty(self, spec: Array) -> Array:
        """Uninitialised memory with the spec's shape, dtype and memory order."""

    @abstractmethod
    def upload(self, values: HostArray) -> Array:
        """A new array with a copy of a host array's values, its memory order kept."""

    @abstractmethod
    def write(self, target: Array, values: HostArray) -> None:
        """Overwrite an array with host values of the same shape (converted to its dtype)."""

    @abstractmethod
    def download(self, array: Array) -> HostArray:
        """The values on the host. Synchronises. On a host device this is the memory itself."""

    @abstractmethod
    def expand(self, array: Array, shape: Shape) -> Array:
        """A read-only view with axes of one repeated to fit `shape`."""

    @abstractmethod
    def reshape(self, array: Array, shape: Shape) -> Array:
        """A view of an array in C order (no gaps) with another shape of the same size."""

    def launch(
        self,
        primitive: Primitive[..., Any],
        arrays: Sequence[Any],
        outputs: Sequence[Any],
        attributes: Mapping[str, Any],
    ) -> None:
        """Run the kernel that fulfils `primitive`; the only way to compute on this device.

        Raises:
            DeviceError: the device has no kernel for it.
            IndexRangeError: a kernel met an index or label outside its range.
        """
        call = Call(self, primitive, tuple(arrays), tuple(outputs), attributes, current_path())
        self.execute(call)
        if (watcher := observer.get()) is not None:
            watcher.launched(call)

    def execute(self, call: Call) -> None:
        """Run one call, new or recorded."""
        kernel = self.kernels.get(call.primitive.name)
        if kernel is None:
            raise DeviceError(
                call.primitive.name,
                expected=f"a device that has a kernel for {call.primitive.name}",
                received=f"device {self.device!r}, which has none",
                remedy="use device='numpy', which has all of them",
            )
        try:
            kernel(*call.arrays, *call.outputs, **call.attributes)
        except IndexError as error:
            raise refusal(call, error) from error

    def fused(self, calls: Sequence[Call], memory: Memory, own: Set[int]) -> Sequence[Call]:
        """Calls with the same effect, fewer or cheaper; the same ones unless a device knows better.

        Args:
            calls: some of a recorded step, one after the other; their arrays are views.
            memory: what the views look at.
            own: the owners that nobody but these calls reads or writes.
        """
        return calls

    def prepared(self, calls: Sequence[Call]) -> Sequence[Callable[[], None]]:
        """Functions that do the calls, in order and again and again."""
        return [partial(self.execute, call) for call in calls]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.device}>"
