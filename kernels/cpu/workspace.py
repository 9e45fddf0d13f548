"""Memory that kernels work in for a while, lent and given back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu.address import address

PAGE = 4096


class Buffer(NamedTuple):
    """Bytes from the begin of a page on."""

    size: int
    address: int
    memory: np.ndarray[Any, np.dtype[np.uint8]]


class Pool:
    """Buffers; one that was given back is lent again.

    Args:
        keep: addresses stay good as long as the pool lives. Without, a larger buffer takes the
            place of one that is too small.
    """

    def __init__(self, keep: bool = True) -> None:
        self.keep = keep
        self.free: list[Buffer] = []
        self._all: list[Buffer] = []

    def borrow(self, size: int) -> Buffer:
        """The smallest free buffer that has `size` bytes, or a new one."""
        fitting = [buffer for buffer in self.free if buffer.size >= size]
        if fitting:
            buffer = min(fitting)
            self.free.remove(buffer)
            return buffer
        if self.free and not self.keep:
            self.free.remove(max(self.free))
        memory = np.empty(size + PAGE, np.uint8)
        buffer = Buffer(size, -(-address(memory) // PAGE) * PAGE, memory)
        if self.keep:
            self._all.append(buffer)
        return buffer

    def give_back(self, buffer: Buffer) -> None:
        """It may be lent to somebody else now."""
        self.free.append(buffer)
