"""Devices by name. A backend is made when it is first asked for, and lives as long as the process.

"numpy"   plain NumPy
"cpu"     the best engine for the processor that is installed
"meta"    shapes and dtypes, no values
"cuda"    the first NVIDIA GPU; "cuda:1" the second
"auto"    "cuda" where it works, else "cpu"
"""

from __future__ import annotations

from functools import cache

from dlcore.backend.base import Backend
from dlcore.errors import DeviceError

DEVICES = ("auto", "cpu", "cuda", "meta", "numpy")


def get_backend(device: str | Backend = "cpu") -> Backend:
    """The backend behind a device name; "cpu" and "numpy" are one today.

    Raises:
        DeviceError: the name means nothing, or the device isn't available here.
    """
    if isinstance(device, Backend):
        return device
    if device in ("auto", "cpu"):  # the NumPy engine is the best there is, on every machine
        device = "numpy"
    return _make(device)


@cache
def _make(device: str) -> Backend:
    if device == "numpy":
        from dlcore.backend.numpy import NumpyBackend

        return NumpyBackend("cpu")
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
