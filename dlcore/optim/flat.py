"""Parameters side by side in one buffer: one pass updates them all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Array, Spec, order_of
from dlcore.backend.record import guard
from dlcore.errors import OptionError
from dlcore.leaves import guard_gradient, settle_gradient
from dlcore.tensors import Tensor


class Flat:
    """Parameters of one dtype and device in one buffer, their gradients in another.

    The parameters' memory moves into the buffer, and backward writes their gradients straight into
    the other; every tensor keeps its shape and memory order as a view.

    Args:
        parameters: leaves that require gradients.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = list(parameters)
        self.backend: Backend = parameters[0].backend
        self.dtype = parameters[0].dtype
        sizes = [parameter.numel() for parameter in parameters]
        self.offsets = [0, *accumulate(sizes)]
        self.values, self.gradients = self.empty(), self.empty()
        self.views = self.windows(self.values)
        self.homes = self.windows(self.gradients)
        self.bind()

    def empty(self) -> Array:
        """A buffer with a place for every element."""
        return self.backend.empty(Spec((self.offsets[-1],), self.dtype))

    def zeros(self) -> Array:
        """A buffer of zeros: fresh optimizer state."""
        shape = (self.offsets[-1],)
        return primitives.fill(self.backend, shape=shape, dtype=self.dtype, order=(0,), value=0.0)

    def windows(self, buffer: Array) -> list[Array]:
        """For each parameter, its part of a buffer in its own shape and memory order."""
        windows = []
        for parameter, start, stop in zip(
            self.parameters, self.offsets, self.offsets[1:], strict=False
        ):
            order = order_of(parameter.array)
            shape = tuple(parameter.shape[axis] for axis in order)
            part = self.backend.reshape(buffer[start:stop], shape)
            windows.append(part.transpose([int(axis) for axis in np.argsort(order)]))
        return windows

    def bound(self) -> bool:
        """Whether the parameters still live here."""
        pairs = zip(self.parameters, self.views, strict=True)
        return all(parameter.array is view for parameter, view in pairs)

    def bind(self) -> None:
        """Bring the parameters' values here, and make this their memory.

        Raises:
            OptionError: a parameter has changed its dtype or device meanwhile.
        """
        for parameter, view, home in zip(self.parameters, self.views, self.homes, strict=True):
            if parameter.backend is not self.backend or parameter.dtype != self.dtype:
                raise OptionError(
                    "optimizer step",
                    expected=f"parameters of dtype {self.dtype.name} on {self.backend.device!r}",
                    received=f"one of shape {parameter.shape} of dtype {parameter.dtype.name} on "
                    f"{parameter.device!r}",
                    remedy="move or convert the model before making the optimizer",
                )
            if parameter.array is not view:
                order = order_of(view)
                primitives.copy.into(
                    self.backend, view, parameter.array, dtype=self.dtype, order=order
                )
                parameter.array = view
            parameter.home = home

    def bump(self) -> None:
        """Note a write into every parameter."""
        for parameter in self.parameters:
            parameter.version.bump()

    def present(self) -> list[int]:
        """Which parameters have gradients, by number; those are all here afterwards."""
        if not self.bound():
            self.bind()
        guard(self, self.bound)
        numbers: list[int] = []
        for number, (parameter, home) in enumerate(zip(self.parameters, self.homes, strict=True)):
            guard_gradient(parameter)
            if parameter.grad is None:
                continue
            numbers.append(number)
            if parameter.grad.array is not home:
                primitives.copy.into(
                    self.backend, home, parameter.grad.array, dtype=self.dtype, order=order_of(home)
                )
                settle_gradient(parameter, Tensor(home, self.backend))
        return numbers

    def stretches(self, numbers: Sequence[int], joined: bool = True) -> list[tuple[int, int]]:
        """The ranges of elements that these parameters take, neighbours as one if `joined`."""
        ranges: list[tuple[int, int]] = []
        for number in numbers:
            start, stop = self.offsets[number], self.offsets[number + 1]
            if joined and ranges and ranges[-1][1] == start:
                ranges[-1] = (ranges[-1][0], stop)
            else:
                ranges.append((start, stop))
        return ranges
