"""Asks the NVIDIA driver itself, through its C interface, so that no CUDA package is needed.

Source: CUDA Driver API, sections "Initialization", "Version Management", "Device Management".
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from typing import Any

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


@dataclass(frozen=True)
class Driver:
    """What the driver says.

    Attributes:
        version: the newest CUDA it runs, such as "13.0".
        gpus: their names, in the order of "cuda:0", "cuda:1".
        error: why it can't start, in its own words; empty when it did.
    """

    version: str
    gpus: tuple[str, ...] = ()
    error: str = ""


def load_driver() -> Any:
    """The driver's library, or None where it is not installed."""
    try:
        return ctypes.CDLL(LIBRARY)
    except OSError:
        return None


def ask_driver(library: Any) -> Driver:
    """Starts the driver and lists its GPUs. Touches no GPU memory and makes no context."""
    number = ctypes.c_int()
    library.cuDriverGetVersion(ctypes.byref(number))  # works without cuInit, by its definition
    version = f"{number.value // 1000}.{number.value % 1000 // 10}"  # 13000 is 13.0
    if code := library.cuInit(0):
        return Driver(version, error=_explain(library, code))
    library.cuDeviceGetCount(ctypes.byref(number))
    gpus = []
    for ordinal in range(number.value):
        device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
        library.cuDeviceGet(ctypes.byref(device), ordinal)
        library.cuDeviceGetName(name, len(name), device)
        gpus.append(name.value.decode())
    return Driver(version, tuple(gpus))


def _explain(library: Any, code: int) -> str:
    text = ctypes.c_char_p()
    library.cuGetErrorString(code, ctypes.byref(text))
    return f"error {code}, {(text.value or b'unknown').decode()}"
