"""The backend that computes nothing: its arrays are shapes, dtypes and strides.

Running a network on it answers what every layer would produce, where shapes don't fit, and how many
bytes it would take, in the time it takes to call the layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, cast

from dlcore.backend.base import Backend, Call, HostArray, Kernel
from dlcore.backend.interface.array import Array, Shape, Spec, order_of
from dlcore.errors import DeviceError


class MetaBackend(Backend):
    """Device "meta".

    Attributes:
        allocated: bytes of every array made so far.
    """

    kernels: ClassVar[Mapping[str, Kernel]] = {}

    def __init__(self) -> None:
        super().__init__("meta")
        self.allocated = 0

    def empty(self, spec: Array) -> Array:
        array = cast(Spec, spec)
        self.allocated += array.nbytes
        return array

    def upload(self, values: HostArray) -> Array:
        return self.empty(Spec(values.shape, values.dtype, order_of(values)))

    def write(self, target: Array, values: HostArray) -> None:
        pass

    def download(self, array: Array) -> HostArray:
        raise DeviceError(
            "reading a meta tensor",
            expected="a device that computes",
            received=f"device 'meta', shape {array.shape}, dtype {array.dtype}",
            remedy="use device='cpu' where values are needed",
        )

    def expand(self, array: Array, shape: Shape) -> Array:
        return cast(Spec, array).expand(shape)

    def reshape(self, array: Array, shape: Shape) -> Array:
        return Spec(shape, array.dtype)

    def execute(self, call: Call) -> None:
        """Nothing: the declaration of the primitive has checked and said all."""
