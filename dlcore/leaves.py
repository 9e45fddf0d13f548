"""What a recorded step has to know of leaves: where they lie, and whether they get gradients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dlcore.backend.record import guard, note, settle
from dlcore.tensors import Tensor


def guard_leaves(tensors: Sequence[Tensor | None]) -> None:
    """A recorded step holds their memory, and the choice of those that get gradients."""
    for leaf in tensors:
        if leaf is not None and leaf.node is None and (leaf.lasting or leaf.requires_grad):
            guard((leaf, "array"), partial(lambda t, array: t.array is array, leaf, leaf.array))
            wanted = partial(lambda t, flag: t.requires_grad == flag, leaf, leaf.requires_grad)
            guard((leaf, "requires_grad"), wanted)


def guard_gradient(leaf: Tensor) -> None:
    """Replay what is being recorded only where a leaf's gradient lies where it lies now, if any."""
    before = None if leaf.grad is None else leaf.grad.array
    guard(leaf, lambda: (None if leaf.grad is None else leaf.grad.array) is before)


def settle_gradient(leaf: Tensor, gradient: Tensor | None) -> None:
    """Set a leaf's gradient from within a step, so that every replay of the step sets it too."""
    settle(leaf)
    note(lambda: setattr(leaf, "grad", gradient))


def clear_gradient(leaf: Tensor, set_to_none: bool) -> None:
    """Forget a leaf's gradient, or make it zero if there is one."""
    if set_to_none:
        settle_gradient(leaf, None)
        return
    guard_gradient(leaf)
    if leaf.grad is not None:
        leaf.grad.zero_()
