"""Where figures come from: the machine, the versions, the threads, the day."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dlcore import machine
from dlcore.version import __version__

PACKAGES = {"NumPy": "numpy", "Numba": "numba", "PyTorch": "torch"}
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def thread_variables(threads: int) -> dict[str, str]:
    """The environment of a process whose libraries shall all use so many threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


def usable_threads() -> int:
    """Threads that can run at once, by this process's affinity and control groups."""
    return machine.usable_threads(machine.cores(), machine.cpu_quota())


def fingerprint(threads: int | None = None) -> dict[str, Any]:
    """What figures have to be read with, for JSON.

    Args:
        threads: how many the contenders used; by default all that can run at once.

    Returns: processor, features, cores, threads, load (of the last minute, in processes), system,
        versions (by package, of those that are installed) and date (UTC).
    """
    name, features = machine.processor()
    return {
        "processor": name,
        "features": features,
        "cores": machine.cores(),
        "threads": threads or usable_threads(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": _versions(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def described(facts: dict[str, Any]) -> str:
    """A fingerprint in a line."""
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return (
        f"{facts['processor']} ({' '.join(facts['features'])}), {facts['threads']} threads on "
        f"{facts['cores']} cores, load {facts['load']}; {versions}; {facts['date']}"
    )


def _versions() -> dict[str, str]:
    versions = {"dlcore": __version__, "Python": platform.python_version()}
    for name, distribution in PACKAGES.items():
        try:
            versions[name] = version(distribution)
        except PackageNotFoundError:
            continue
    return versions
