"""Memory of the devices that are the host's own processor: NumPy arrays."""

from __future__ import annotations

import numpy as np

from dlcore.backend.base import Backend, Call, HostArray, observer
from dlcore.backend.interface.array import Array, Shape, order_of
from dlcore.kernels.numpy.tf32 import rounded_operands


class HostBackend(Backend):
    """A device whose arrays are NumPy's."""

    def empty(self, spec: Array) -> Array:
        order = order_of(spec)
        memory = np.empty([spec.shape[axis] for axis in order], spec.dtype)
        return memory.transpose(np.argsort(order))

    def upload(self, values: HostArray) -> Array:
        return np.array(values, order="K")  # of a NumPy scalar, too

    def write(self, target: Array, values: HostArray) -> None:
        np.copyto(target, values, casting="unsafe")  # type: ignore[arg-type]

    def download(self, array: Array) -> HostArray:
        if (watcher := observer.get()) is not None:
            watcher.downloaded(array)
        assert isinstance(array, np.ndarray)
        return array

    def expand(self, array: Array, shape: Shape) -> Array:
        return np.broadcast_to(array, shape)  # type: ignore[call-overload, no-any-return]

    def reshape(self, array: Array, shape: Shape) -> Array:
        assert isinstance(array, np.ndarray)
        return array.reshape(shape)

    def execute(self, call: Call) -> None:
        if self.configuration.tf32:
            call = call._replace(arrays=rounded_operands(call.primitive.name, call.arrays))
        with np.errstate(all="ignore"):  # NaN and Inf are values here, not accidents
            super().execute(call)
