"""How many threads can run at once: by affinity, and by what the control groups grant.

Readers take the root of the file system, so that the tests can bring their own /proc and /sys.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

ROOT = Path("/")


def cores() -> int:
    """Logical cores this process may run on: all of them, less what its affinity excludes."""
    if hasattr(os, "sched_getaffinity"):  # Linux only
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_quota(root: Path = ROOT) -> float | None:
    """Cores' worth of time that the control groups grant, or None without a limit.

    A group's limit binds all groups below it, so the smallest on the way to the top counts. In
    a container the path may name groups that are not mounted; those are passed over.
    """
    limits = []
    for line in lines_of(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # version 2: "0::/user.slice"
            mounts, read = ["", "unified"], _quota_v2
        elif "cpu" in controllers.split(","):  # version 1: "4:cpu,cpuacct:/docker/..."
            mounts, read = ["cpu", controllers], _quota_v1
        else:
            continue
        for mount in mounts:
            top = root / "sys/fs/cgroup" / mount
            group = top / path.lstrip("/")
            for folder in (group, *group.parents):
                limits.append(read(folder))
                if folder == top:
                    break
    return min((limit for limit in limits if limit is not None), default=None)


def usable_threads(cores: int, quota: float | None) -> int:
    """Threads that can run at once: more would only take turns.

    A part of a core counts as one: two threads at three quarters beat one at full speed.
    """
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota_v2(group: Path) -> float | None:
    quota, period = [*_words(group / "cpu.max"), "max", "max"][:2]
    return None if quota == "max" else int(quota) / int(period)


def _quota_v1(group: Path) -> float | None:
    quota = _words(group / "cpu.cfs_quota_us")
    period = _words(group / "cpu.cfs_period_us")
    if not quota or not period or int(quota[0]) <= 0:  # -1 is "no limit"
        return None
    return int(quota[0]) / int(period[0])


def _words(path: Path) -> list[str]:
    return " ".join(lines_of(path)).split()


def lines_of(path: Path) -> list[str]:
    """The lines of a file of the kernel; none where this system does not have it."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
