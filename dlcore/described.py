"""What can be said of a tensor without its values: shape, dtype, device, layout."""

from __future__ import annotations

from typing import Any

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import FLOATS, Array, Dtype, Shape
from dlcore.backend.interface.checks import axis_in
from dlcore.errors import ShapeError


class Described:
    """An array and the backend that it belongs to."""

    __slots__ = ("array", "backend")

    array: Array
    backend: Backend

    @property
    def shape(self) -> Shape:
        return self.array.shape

    @property
    def dtype(self) -> Dtype:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return len(self.array.shape)

    @property
    def device(self) -> str:
        return self.backend.device

    def dim(self) -> int:
        """The number of axes."""
        return self.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one axis."""
        if dim is None:
            return self.shape
        if not self.shape:
            raise ShapeError(
                "size",
                expected="a tensor with at least one axis",
                received="a tensor without axes",
                remedy="leave the axis out for the shape ()",
            )
        return self.shape[axis_in("size", dim, self.ndim)]

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    def is_floating_point(self) -> bool:
        """Whether the dtype is a float."""
        return self.dtype in FLOATS

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError(
                "len",
                expected="a tensor with at least one axis",
                received="a tensor without axes",
                remedy="use .item() for its value",
            )
        return self.shape[0]
