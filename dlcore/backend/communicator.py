"""How devices that train together add up their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlcore.backend.interface.array import Array


class Communicator:
    """A group of one: every collective operation is the identity.

    Attributes:
        rank: this process's number in the group.
        size: how many processes train together.
    """

    rank = 0
    size = 1

    def all_reduce(self, array: Array) -> None:
        """Replace an array, in place, by its sum over the group."""
