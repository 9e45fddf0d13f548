"""Devices by name. A backend is made when it is first asked for, and lives as long as the process.

"numpy"   plain NumPy
"cpu"     the best engine for the processor that is installed
"meta"    shapes and dtypes, no values
"cuda"    the first NVIDIA GPU; "cuda:1" the second
"auto"    "cuda" where it works, else "cpu"
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from dlcore.backend.base import Backend
from dlcore.errors import DeviceError

DEVICES = ("auto", "cpu", "cuda", "meta", "numpy")


def get_backend(device: str | Backend = "cpu") -> Backend:
    """The backend behind a device name.

    Raises:
        DeviceError: the name means nothing, or the device isn't available here.
    """
    if isinstance(device, Backend):
        return device
    if not isinstance(device, str):
        raise DeviceError(
            "device",
            expected=f"a name: {', '.join(DEVICES)}",
            received=repr(device),
            remedy="leave it out for 'cpu'",
        )
    return _make("cpu" if device == "auto" else device)  # there is no CUDA engine to prefer yet


@cache
def _make(device: str) -> Backend:
    if device == "cpu" and find_spec("numba") is not None:
        _require_numba()
        from dlcore.backend.cpu import CpuBackend

        return CpuBackend(device)
    if device in ("cpu", "numpy"):
        from dlcore.backend.numpy import NumpyBackend

        if device == "cpu":
            warnings.warn(
                "device 'cpu' runs on plain NumPy, many times slower: Numba is not installed "
                "(pip install numba)",
                stacklevel=3,
            )
        return NumpyBackend(device)
    if device == "meta":
        from dlcore.backend.meta import MetaBackend

        return MetaBackend()
    if device.partition(":")[0] == "cuda":
        raise DeviceError(
            f"device {device!r}",
            expected="a device that this version of dlcore can use",
            received="a CUDA device, for which it has no engine yet",
            remedy="use device='cpu'; `dlcore doctor` lists what this machine has",
        )
    raise DeviceError(
        f"device {device!r}",
        expected=f"one of {', '.join(DEVICES)}, or a numbered one such as cuda:1",
        received=repr(device),
        remedy="choose one of these names",
    )


def _require_numba() -> None:
    """Say in one line what is wrong with a Numba that is there and doesn't load."""
    try:
        import_module("numba")
    except Exception as error:
        raise DeviceError(
            "device 'cpu'",
            expected="Numba, which compiles its kernels",
            received=f"{type(error).__name__} when it was loaded: {error}",
            remedy="install Numba again, or use device='numpy', which needs none",
        ) from error
