"""Who writes and who reads which memory in a list of calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import Any

from dlcore.backend.base import Call
from dlcore.backend.memory import View, operands

Ability = Callable[[Call, str], bool]


class Graph:
    """Calls in numbered places, some of them empty.

    Args:
        calls: in order.
        own: owners of memory that nobody else reads.
        can: what the device's kernels for convolutions do beside, as `fused` says.
    """

    def __init__(self, calls: Sequence[Call], own: Set[int], can: Ability) -> None:
        self.own, self.can = own, can
        self._calls: list[Call | None] = list(calls)
        self._users: dict[tuple[int, bool], list[int]] = defaultdict(list)
        for place, call in enumerate(calls):
            self._note(place, call)

    def calls(self) -> list[Call]:
        """What is left, in order."""
        return [call for call in self._calls if call is not None]

    def __getitem__(self, place: int) -> Call:
        call = self._calls[place]
        assert call is not None
        return call

    def find(self, name: str, rule: str | None = None) -> Iterator[int]:
        """The places of calls of a primitive (and rule), also while places are emptied."""
        for place, call in enumerate(self._calls):
            if call is not None and is_a(call, name, rule):
                yield place

    def writer(self, view: Any) -> int | None:
        """The place of the call that makes a view, if no other writes into its memory."""
        if not isinstance(view, View):
            return None
        writers = self._users[view.owner, True]
        if len(writers) != 1 or view not in self[writers[0]].outputs:
            return None
        return writers[0]

    def made_by(self, view: Any, name: str, rule: str | None = None) -> int | None:
        """The same, if that call is one of a primitive (and rule)."""
        place = self.writer(view)
        return place if place is not None and is_a(self[place], name, rule) else None

    def readers(self, view: View) -> list[int]:
        """The places of the calls that read from a view's memory, in order."""
        return sorted(self._users[view.owner, False])

    def only_reader(self, view: Any) -> int | None:
        """The one call that reads a view, if its memory is nobody else's."""
        if not isinstance(view, View) or view.owner not in self.own:
            return None
        readers = self.readers(view)
        if len(readers) != 1 or self[readers[0]].arrays.count(view) != 1:
            return None
        return readers[0]

    def replace(self, place: int, call: Call | None) -> None:
        """Put another call in a place, or none."""
        before = self._calls[place]
        if before is not None:
            for view, written in operands(before):
                users = self._users[view.owner, written]
                if place in users:
                    users.remove(place)
        self._calls[place] = call
        if call is not None:
            self._note(place, call)

    def _note(self, place: int, call: Call) -> None:
        for view, written in operands(call):
            users = self._users[view.owner, written]
            if place not in users:
                users.append(place)

    def free(
        self,
        start: int,
        stop: int,
        reads: Iterable[Any],
        writes: Iterable[Any],
        but: int | None = None,
    ) -> bool:
        """Whether nobody from place `start` up to `stop`, both excluded, would notice.

        That is: if what is `reads` were read, and what is `writes` written, at either end. The call
        at place `but` doesn't count.
        """
        read = {view.owner for view in reads if isinstance(view, View)}
        written = {view.owner for view in writes if isinstance(view, View)}
        for place in range(start + 1, stop):
            call = self._calls[place] if place != but else None
            for view, writes_it in operands(call) if call is not None else ():
                if view.owner in written or (writes_it and view.owner in read):
                    return False
        return True


def is_a(call: Call, name: str, rule: str | None = None) -> bool:
    """Whether a call is one of a primitive, and of one of its rules."""
    return call.primitive.name == name and rule in (None, call.attributes.get("rule"))
