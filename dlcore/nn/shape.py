"""Layers that only change the shape."""

from __future__ import annotations

from dlcore.nn.module import Module
from dlcore.ops.shape import flatten, unflatten
from dlcore.tensors import Tensor


class Flatten(Module):
    """Join axes `start_dim` to `end_dim` into one, in the order of the shape.

    Args:
        start_dim: the first axis to join.
        end_dim: the last.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        return flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Cut axis `dim` into axes of the given lengths.

    Args:
        dim: which axis.
        unflattened_size: their lengths; one may be -1.
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, x: Tensor) -> Tensor:
        return unflatten(x, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
