"""A step is a transaction: what forward overwrites, a skipped step takes back.

Parameters and optimizer state are written last, behind a flag that says whether all gradients are
finite. Batch-norm statistics are written during forward, before the flag is known: `keep` remembers
what they were, and the optimizer's `commit` puts that back if the flag says so.
"""

from __future__ import annotations

import threading

from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, order_of
from dlcore.backend.record import guard, host
from dlcore.tensors import Tensor


class _Kept(threading.local):
    """For each tensor written in this step: a copy of what was there before."""

    def __init__(self) -> None:
        self.before: dict[Tensor, Array] = {}


_kept = _Kept()


def keep(tensor: Tensor) -> None:
    """Remember a tensor's values before the step's first write into it."""
    known = tensor in _kept.before
    guard(tensor, lambda: (tensor in _kept.before) == known)
    if not known:
        backend, array = tensor.backend, tensor.array
        before = primitives.copy(backend, array, dtype=tensor.dtype, order=order_of(array))
        host(lambda: _kept.before.__setitem__(tensor, before))


def commit(finite: Array | None = None) -> None:
    """End the step: keep what was written, or restore it where the flag `finite` is 0."""
    for tensor, before in _kept.before.items():
        if finite is not None:
            backend, array = tensor.backend, tensor.array
            primitives.pointwise.into(
                backend,
                array,
                backend.expand(finite, array.shape),
                array,
                before,
                rule="where",
                parameters=(),
            )
            host(tensor.version.bump)
    host(_kept.before.clear)
