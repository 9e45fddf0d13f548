"""What a call holds until it is done: memory, and copies of arrays in other orders."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import overload

import numpy as np

from dlcore.kernels.cpu.arrays import Array, address, contiguous
from dlcore.kernels.cpu.launch import run, temporary, untapeable
from dlcore.kernels.cpu.winograd_weights import Line, weight_bytes, widening

FLOAT = 4  # bytes


class Work(ExitStack):
    """A block of `with`, at whose end outputs are filled and memory is given back."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[Array] = []

    def read(self, x: Array) -> Array:
        """N C H W seen as N H W C without gaps, or a copy."""
        return self._hold(contiguous(x.transpose(0, 2, 3, 1)))

    @overload
    def vector(self, x: None) -> None: ...
    @overload
    def vector(self, x: Array) -> Array: ...
    def vector(self, x: Array | None) -> Array | None:
        """Without gaps, or a copy."""
        return None if x is None else self._hold(contiguous(x))

    def wide(self, x: Array | None) -> int:
        """The address of the numbers as float32; 0 for no array."""
        if x is None:
            return 0
        x = self.vector(x)
        if x.dtype == np.float32:
            return address(x)
        place = self.floats(x.size)
        run(widening(x.dtype.name), 1, Line(address(x), x.size, place))
        return place

    def write(self, y: Array) -> Array:
        """Room for y, a vector, or N C H W as N H W C, without gaps; y is filled at the end."""
        view = y.transpose(0, 2, 3, 1) if y.ndim == 4 else y
        if view.flags.c_contiguous:
            return view
        untapeable()  # NumPy copies; a replay would not
        filled = np.empty(view.shape, view.dtype)
        self.callback(partial(np.copyto, view, filled))
        return filled

    def floats(self, count: int) -> int:
        """Room for float32 numbers."""
        return self.enter_context(temporary(count * FLOAT))

    def weights(self, outputs: int, channels: int, tile: int) -> int:
        """Room for transformed weights, or for sums of their gradient."""
        return self.enter_context(temporary(weight_bytes(outputs, channels, tile)))

    def _hold(self, x: Array) -> Array:
        self._held.append(x)
        return x
