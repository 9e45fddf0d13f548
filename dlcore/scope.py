"""Where we are: the dotted path of the module that runs now.

`Module.__call__` enters a scope; graph nodes keep its path, random keys hash it, and errors gain it
while they unwind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from dlcore.errors import DlcoreError

_path: ContextVar[str] = ContextVar("path", default="")


def current_path() -> str:
    """The dotted path of the innermost module that is running, "" outside of any."""
    return _path.get()


@contextmanager
def scope(path: str) -> Iterator[None]:
    """Run a block as the module with this path; an error that leaves it names the path."""
    before = _path.get()
    _path.set(path)
    try:
        yield
    except DlcoreError as error:
        error.path = error.path or path
        raise
    finally:
        _path.set(before)
