"""One process at a time in a run's folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlcore.errors import DataError

if sys.platform != "win32":
    import fcntl


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep others who would hold a folder out of it.

    Nothing is written, and the system lets go when the process ends, killed or not. Windows, and
    file systems that can't lock a folder, keep nobody out.

    Raises:
        DataError: another process holds it.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataError(
            str(folder),
            expected="a folder in which no run is going on",
            received="one in which another process trains",
            remedy="wait for it, stop it, or choose another folder with --out",
        ) from error
    except OSError:
        pass  # a file system without locks
