"""dlcore: deep learning written entirely in Python, on NVIDIA GPUs and on machines without.

Names, defaults and semantics are PyTorch's wherever both have the thing:

    >>> import dlcore as dl
    >>> w = dl.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 4.])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore import autograd as autograd
    from dlcore import data as data
    from dlcore import models as models
    from dlcore import nn as nn
    from dlcore import optim as optim
    from dlcore import random as random
    from dlcore import train as train
    from dlcore.api import *  # noqa: F403
    from dlcore.api import __version__ as __version__

MODULES = ("autograd", "data", "models", "nn", "optim", "random", "train")


def __getattr__(name: str) -> Any:
    """Load the public names when the first of them is used, so that the import costs nothing.

    A command that fails on its arguments, or a tool that only looks, never waits for NumPy.
    """
    if name in MODULES:
        return import_module(f"dlcore.{name}")
    if not name.startswith("__") or name == "__version__":
        api = import_module("dlcore.api")
        globals().update({public: getattr(api, public) for public in api.__all__})
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module 'dlcore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*MODULES, *import_module("dlcore.api").__all__]
