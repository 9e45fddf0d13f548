"""The most memory that this process has held."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_memory() -> int:
    """Bytes: the largest resident size so far, or since `reset_peak_memory` on Linux.

    Linux is asked for its own mark, since getrusage's starts at the size of the process that
    started this one.
    """
    with suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource  # not on Windows

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def reset_peak_memory() -> None:
    """Let the peak begin anew at the present size, where the system can do that."""
    with suppress(OSError):
        CLEAR.write_text("5")
