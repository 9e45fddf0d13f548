"""What registering a hook returns."""

from __future__ import annotations

from collections.abc import Callable


class Handle:
    """Takes a hook away again: by `remove()`, by a call, or at the end of a `with` block.

    Args:
        removal: does it; it is called once.
    """

    def __init__(self, removal: Callable[[], None]) -> None:
        self._removal: Callable[[], None] | None = removal

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        removal, self._removal = self._removal, None
        if removal is not None:
            removal()

    def __call__(self) -> None:
        """The same as `remove`."""
        self.remove()

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()
