"""A step is a transaction: what forward overwrites, a skipped step takes back.

Parameters and optimizer state are written last, behind a flag that says whether all gradients are
finite. Batch-norm statistics are written during forward, before the flag is known: `keep` remembers
what they were, and the optimizer's `commit` puts that back if the flag says so.
"""

from __future__ import annotations

import threading
from weakref import ReferenceType, ref

from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, order_of
from dlcore.backend.record import guard, note
from dlcore.tensors import Tensor


class _Kept(threading.local):
    """For each tensor written in this step, by id: itself, and a copy of what was there before.

    A tensor that nobody needs any more is forgotten.
    """

    def __init__(self) -> None:
        self.before: dict[int, tuple[ReferenceType[Tensor], Array]] = {}

    def set(self, tensor: Tensor, before: Array) -> None:
        number, kept = id(tensor), self.before
        kept[number] = ref(tensor, lambda _: kept.pop(number, None)), before


_kept = _Kept()


def keep(tensor: Tensor) -> None:
    """Remember a tensor's values before the step's first write into it."""
    known = id(tensor) in _kept.before
    guard(tensor, lambda: (id(tensor) in _kept.before) == known)
    if not known:
        backend, array = tensor.backend, tensor.array
        before = primitives.copy(backend, array, dtype=tensor.dtype, order=order_of(array))
        note(lambda: _kept.set(tensor, before))


def forget(tensor: Tensor) -> None:
    """Say that the values a tensor has now were given to it, and no skipped step undoes that."""
    _kept.before.pop(id(tensor), None)


def commit(finite: Array | None = None) -> None:
    """End the step: keep what was written, or restore it where the flag `finite` is 0."""
    for reference, before in tuple(_kept.before.values()):
        tensor = reference()
        if finite is not None and tensor is not None:
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
            note(tensor.version.bump)
    note(_kept.before.clear)
