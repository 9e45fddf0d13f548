"""The tensors that a module is made of."""

from __future__ import annotations

from typing import Self

from dlcore.backend.interface.array import Array
from dlcore.tensors import Tensor, Version


class Parameter(Tensor):
    """A tensor that a module learns.

    Args:
        data: its first values; the memory is shared.
        requires_grad: False for a frozen parameter.
    """

    __slots__ = ()
    lasting = True

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        super().__init__(data.array, data.backend, requires_grad, version=data.version)


class Buffer(Tensor):
    """A tensor that belongs to a module's state but is not learned.

    Args:
        data: its first values; the memory is shared.
        persistent: whether `state_dict` holds it.
    """

    __slots__ = ("persistent",)
    lasting = True

    def __init__(self, data: Tensor, persistent: bool = True) -> None:
        super().__init__(data.array, data.backend, version=data.version)
        self.persistent = persistent

    def _again(self, array: Array, version: Version | None = None) -> Self:
        made = super()._again(array, version)
        made.persistent = self.persistent
        return made
