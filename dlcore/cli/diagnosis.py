"""What each device name means on this machine, and why.

Packages are looked up, never imported: a broken Numba or CuPy must not take the doctor down.
"""

from __future__ import annotations

import os
import platform
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np

from dlcore import machine
from dlcore.backend import get_backend
from dlcore.cli import nvidia
from dlcore.errors import DeviceError

DISTRIBUTION = "dlcore-framework"
CUPY = ("cupy-cuda13x", "cupy-cuda12x", "cupy")  # one import name, several distributions
# Each BLAS that NumPy may be built with reads its own variable, and OpenMP's.
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS")


@dataclass(frozen=True)
class Check:
    """One finding: "ok", a "note" to know about, or "missing": device "cuda" needs it."""

    name: str
    status: Literal["ok", "note", "missing"]
    found: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """What was found, and what to do about it."""
        return f"{self.found}; {self.remedy}" if self.remedy else self.found


@dataclass(frozen=True)
class Device:
    """What a device name means here.

    Attributes:
        engine: the backend that would run, or None when there is none.
        reason: why it is this one, or why there is none.
    """

    name: str
    engine: str | None
    reason: str


def report() -> list[Check]:
    """All checks, in the order that a failing one explains those after it."""
    driver = nvidia.load_driver()
    return [
        *software_checks(),
        *processor_checks(machine.cores(), machine.cpu_quota()),
        *cuda_checks(None if driver is None else nvidia.ask_driver(driver)),
    ]


def software_checks() -> Iterator[Check]:
    """Python, dlcore, and the packages that compute."""
    system = f"{platform.system()} {platform.machine()}"
    found = f"{platform.python_version()}, {platform.python_implementation()} on {system}"
    yield Check("python", "ok", found)
    yield Check("dlcore", "ok", _version(DISTRIBUTION) or "a checkout, not installed")
    yield Check("numpy", "ok", f"{np.__version__} with {_blas()}")
    if find_spec("numba") is None:
        yield Check(
            "numba",
            "note",
            "not installed: device 'cpu' runs on plain NumPy, many times slower",
            "pip install numba",
        )
    else:
        yield Check("numba", "ok", f"{_version('numba')}, compiles the kernels of device 'cpu'")


def processor_checks(cores: int, quota: float | None) -> Iterator[Check]:
    """The processor, and how much of it this process may use."""
    name, features = machine.processor()
    yield Check("processor", "ok", f"{name}: {' '.join(features) or 'features unknown'}")
    threads = machine.usable_threads(cores, quota)
    limit = "no cgroup limit" if quota is None else f"a cgroup limit of {quota:g}"
    found = f"{threads} usable: affinity {cores} of {os.cpu_count()}, {limit}"
    yield Check("cores", "ok", found)
    chosen = [f"{name}={os.environ[name]}" for name in BLAS_VARIABLES if os.environ.get(name)]
    if chosen:
        yield Check("threads", "ok", f"NumPy's BLAS is told {', '.join(chosen)}")
    elif threads < cores:
        # A BLAS counts cores and knows no quota: surplus threads wait while others are throttled.
        yield Check(
            "threads",
            "note",
            f"NumPy's BLAS would start {cores} threads where {threads} can run",
            f"set OMP_NUM_THREADS={threads}",
        )
    else:
        yield Check("threads", "ok", f"NumPy's BLAS starts its own, up to {cores}")


def cuda_checks(driver: nvidia.Driver | None) -> Iterator[Check]:
    """What stands between this machine and device "cuda", the deepest obstacle first."""
    try:
        get_backend("cuda")
        yield Check("cuda engine", "ok", "present")
    except DeviceError:
        found = "this version of dlcore has no CUDA engine yet"
        yield Check("cuda engine", "missing", found, "use device cpu or auto")
    if driver is None:
        found = f"no NVIDIA driver ({nvidia.LIBRARY} not found)"
        yield Check("driver", "missing", found, "install it if there is an NVIDIA GPU")
    elif driver.error:
        found = f"CUDA {driver.version}, does not start: {driver.error}"
        yield Check("driver", "missing", found, "see whether nvidia-smi works, then reboot")
    else:
        yield Check("driver", "ok", f"runs CUDA up to {driver.version}")
        gpus = ", ".join(f"cuda:{index} {name}" for index, name in enumerate(driver.gpus))
        yield Check("gpus", "ok" if gpus else "missing", gpus or "none visible")
    yield _toolkit()
    cupy = next((f"{name} {_version(name)}" for name in CUPY if _version(name)), None)
    yield Check("cupy", "ok" if cupy else "note", cupy or "not installed")


def devices(checks: list[Check]) -> list[Device]:
    """What "auto", "cpu" and "cuda" mean, given the checks."""
    obstacle = next((check for check in checks if check.status == "missing"), None)
    if obstacle is None:
        auto_reason = "the same as cuda"
        cuda = Device("cuda", _engine("cuda"), "every check passed")
    else:
        auto_reason = "the same as cpu, since cuda is not available"
        cuda = Device("cuda", None, f"{obstacle.name}: {obstacle.sentence}")
    try:
        cpu = Device("cpu", _engine("cpu"), "kernels compiled for this processor")
    except DeviceError as error:
        cpu = Device("cpu", None, str(error))
    return [Device("auto", (cuda if obstacle is None else cpu).engine, auto_reason), cpu, cuda]


def _engine(device: str) -> str:
    """The backend's name; a device "cpu" without Numba says on its own that it is slow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return type(get_backend(device)).__name__


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _blas() -> str:
    config = np.show_config(mode="dicts") or {}
    blas = config.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'unknown BLAS')} {blas.get('version', '')}".strip()


def _toolkit() -> Check:
    """Where the CUDA toolkit is, by the ways that compilers of kernels look for it."""
    for variable in ("CUDA_HOME", "CUDA_PATH"):
        if folder := os.environ.get(variable):
            if Path(folder).is_dir():
                return Check("toolkit", "ok", f"{variable}={folder}")
            return Check("toolkit", "note", f"{variable}={folder}, which does not exist")
    if nvcc := shutil.which("nvcc"):
        return Check("toolkit", "ok", nvcc)
    return Check("toolkit", "note", "no nvcc and no CUDA_HOME")
