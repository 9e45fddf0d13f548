"""The backend that is plain NumPy: the executable definition, and the fallback without Numba."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dlcore.backend.base import Kernel
from dlcore.backend.host import HostBackend
from dlcore.kernels.numpy import KERNELS


class NumpyBackend(HostBackend):
    """Device "numpy": memory is NumPy arrays, kernels are `dlcore/kernels/numpy`."""

    kernels: ClassVar[Mapping[str, Kernel]] = KERNELS
