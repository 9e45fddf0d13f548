"""Plain NumPy kernels: the executable definition of every primitive.

One module a stem. Each public function is the kernel of the primitive with its name: it takes the
primitive's arrays, then the outputs to fill, then its keywords. Arrays may have any strides.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import isfunction

STEMS = [
    "conv",
    "copy",
    "finite",
    "gather",
    "join",
    "loss",
    "matmul",
    "norm",
    "optim",
    "pad",
    "pointwise",
    "pool",
    "random",
    "reduce",
    "resize",
    "softmax",
    "sort",
    "unfold",
]

KERNELS: dict[str, Callable[..., None]] = {
    name: function
    for stem in [import_module(f"{__name__}.{stem}") for stem in STEMS]
    for name, function in vars(stem).items()
    if isfunction(function) and function.__module__ == stem.__name__ and not name.startswith("_")
}
