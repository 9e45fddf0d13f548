"""The memory of a recorded step: which arrays nobody else holds, and one arena for all of those.

While a step is written down its arrays are known by what they are windows of: the *owner* of the
memory, which the record doesn't hold. What is gone when the step has ended was the step's alone.
A replay gives those arrays places in one arena, where two that are never needed at the same time
may share one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from weakref import ReferenceType, ref

import numpy as np

from dlcore.backend.base import Call
from dlcore.backend.interface.array import Array, Dtype, Shape

HostArray = np.ndarray[Any, Any]
LINE = 64
PAGE = 4096


class View(NamedTuple):
    """An array of a recorded step: a window on an owner's memory, in bytes."""

    owner: int
    offset: int
    shape: Shape
    strides: tuple[int, ...]
    dtype: Dtype

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def ndim(self) -> int:
        return len(self.shape)


class Memory:
    """The owners that a recorded step has met.

    Attributes:
        sizes: bytes of each.
        held: those that the record itself keeps alive: they had values when the step first read
            them.
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.held: dict[int, HostArray] = {}
        self._references: list[ReferenceType[HostArray]] = []
        self._numbers: dict[int, int] = {}

    def see(self, array: Any, written: bool) -> Any:
        """The view that stands for a NumPy array; anything else as it is."""
        if not isinstance(array, np.ndarray):
            return array
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        number = self._numbers.get(id(owner))
        if number is None or self.owner(number) is not owner:  # another one had its id
            number = self._numbers[id(owner)] = self._new(owner)
            foreign: object = owner.base  # such as a file that is mapped
            if not written or foreign is not None or array.nbytes < owner.nbytes:
                self.held[number] = owner
        offset = _begin(array) - _begin(owner)
        return View(number, offset, array.shape, array.strides, array.dtype)

    def _new(self, owner: HostArray) -> int:
        self.sizes.append(owner.nbytes)
        self._references.append(ref(owner))
        return len(self.sizes) - 1

    def owner(self, number: int) -> HostArray | None:
        """An owner that is alive: somebody else can see what is written there."""
        return self._references[number]()

    def settle(self, calls: Sequence[Call]) -> Callable[[Any], Any]:
        """Lay out the arena for `calls`; the answer makes an array of a view."""
        alive = {number: self.owner(number) for number in range(len(self.sizes))}
        lives = _lives(calls, {number for number, owner in alive.items() if owner is None})
        places, size = arranged([(self.sizes[number], *life) for number, life in lives.items()])
        arena = np.empty(size + PAGE, np.uint8)
        start = -arena.ctypes.data % PAGE
        offsets = dict(zip(lives, places, strict=True))

        def array(view: Any) -> Any:
            if not isinstance(view, View):
                return view
            owner = alive[view.owner]
            if owner is None:
                memory, offset = arena, start + offsets[view.owner] + view.offset
            else:
                memory, offset = owner, view.offset
            return _window(memory, view, offset)

        return array


def operands(call: Call) -> Iterator[tuple[View, bool]]:
    """Every view of a call, and whether it is written."""
    yield from ((view, False) for view in call.arrays if isinstance(view, View))
    yield from ((view, True) for view in call.outputs if isinstance(view, View))


def arranged(buffers: Sequence[tuple[int, int, int]]) -> tuple[list[int], int]:
    """Offsets for buffers of (bytes, first use, last use), and how many bytes they take in all.

    The largest comes first; each lies as low as those before it allow that live at the same time.

    >>> arranged([(64, 0, 1), (128, 2, 3), (64, 1, 2)])
    ([0, 0, 128], 192)
    """
    offsets = [0] * len(buffers)
    order = sorted(range(len(buffers)), key=lambda number: (-buffers[number][0], number))
    placed = np.zeros((len(buffers), 4), np.int64)  # begin, end, first, last
    top = 0
    for count, number in enumerate(order):
        size, first, last = buffers[number]
        size = -(-size // LINE) * LINE
        others = placed[:count]
        others = others[(others[:, 2] <= last) & (others[:, 3] >= first)]
        begin = 0
        for low, high in sorted(map(tuple, others[:, :2].tolist())):
            if low - begin >= size:
                break
            begin = max(begin, high)
        placed[count] = begin, begin + size, first, last
        offsets[number] = begin
        top = max(top, begin + size)
    return offsets, top


def _lives(calls: Sequence[Call], owners: set[int]) -> dict[int, tuple[int, int]]:
    """The first and the last call that use each of the owners, by number."""
    lives: dict[int, tuple[int, int]] = {}
    for place, call in enumerate(calls):
        for view, _ in operands(call):
            if view.owner in owners:
                lives[view.owner] = (lives.get(view.owner, (place, 0))[0], place)
    return lives


def _begin(array: HostArray) -> int:
    return int(array.__array_interface__["data"][0])


def _window(memory: HostArray, view: View, offset: int) -> Array:
    raw = np.asarray(_Window(memory, _begin(memory) + offset, view))
    return raw.view(view.dtype)


class _Window:
    """Strided memory of an owner, as NumPy takes it, whatever the owner's own shape is."""

    def __init__(self, owner: HostArray, address: int, view: View) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (address, False),
            "typestr": f"|V{view.dtype.itemsize}",
            "shape": view.shape,
            "strides": view.strides,
        }
