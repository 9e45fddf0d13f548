"""A primitive: one entry of the page of operations that every device implements.

A primitive is declared once, as a function from arrays to `Spec`s: it checks what comes in, raises
the error a user will read, and answers with shape, dtype and memory order of each output. Its
docstring is the contract. Positional arguments are arrays, keyword arguments are plain values.

    @primitive
    def softmax(x: Array, *, axis: int) -> Array:
        '''...the contract...'''
        return Spec(x.shape, x.dtype, order_of(x))

A backend fulfils it with a kernel that takes the same arrays, then the outputs to write into, then
the same keywords: `kernel(x, y, *, axis)`. Called with a backend first, the primitive allocates and
launches: `y = softmax(backend, x, axis=1)`; `softmax.into(backend, y, x, axis=1)` writes into
memory that is there already. The meta backend stops after the declaration.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from dlcore.errors import ShapeError

if TYPE_CHECKING:
    from dlcore.backend.base import Backend

P = ParamSpec("P")
Outputs = TypeVar("Outputs")

_registry: dict[str, Primitive[..., Any]] = {}
PRIMITIVES: Mapping[str, Primitive[..., Any]] = MappingProxyType(_registry)
"""Every primitive by name, in the order of declaration."""


class Primitive(Generic[P, Outputs]):
    """A declared operation; `infer` answers for shapes, calling it computes.

    Attributes:
        checks_values: the kernel may refuse what it finds in an array; see `checks_values`.
    """

    def __init__(self, infer: Callable[P, Outputs]) -> None:
        self.infer = infer
        self.name = infer.__name__
        self.stem = infer.__module__.rpartition(".")[2]
        self.signature = inspect.signature(infer)
        self.checks_values = False
        self.__doc__ = infer.__doc__

    def __call__(self, backend: Backend, /, *arrays: P.args, **attributes: P.kwargs) -> Outputs:
        """Allocate the outputs on `backend`, compute them, return them."""
        specs: Any = self.infer(*arrays, **attributes)
        if isinstance(specs, tuple):
            outputs: Any = tuple(backend.empty(spec) for spec in specs)
            backend.launch(self, arrays, outputs, attributes)
        else:
            outputs = backend.empty(specs)
            backend.launch(self, arrays, (outputs,), attributes)
        result: Outputs = outputs
        return result

    def into(
        self, backend: Backend, outputs: Outputs, /, *arrays: P.args, **attributes: P.kwargs
    ) -> None:
        """Compute into `outputs`, which may be inputs too where the contract says so."""
        specs: Any = self.infer(*arrays, **attributes)
        targets: Any = outputs
        if not isinstance(specs, tuple):
            specs, targets = (specs,), (outputs,)
        for spec, target in zip(specs, targets, strict=True):
            if (spec.shape, spec.dtype) != (target.shape, target.dtype):
                raise ShapeError(
                    self.name,
                    expected=f"an output of shape {spec.shape} and dtype {spec.dtype}",
                    received=f"shape {target.shape} and dtype {target.dtype}",
                    remedy="give an output that fits, or call the primitive without one",
                )
        backend.launch(self, arrays, targets, attributes)

    def __repr__(self) -> str:
        return f"<primitive {self.name}{self.signature}>"


def primitive(infer: Callable[P, Outputs]) -> Primitive[P, Outputs]:
    """Declare a primitive; the decorated function is its shape rule and its documentation."""
    declared = Primitive(infer)
    if declared.name in _registry:
        raise ValueError(f"two primitives are called {declared.name}")
    _registry[declared.name] = declared
    return declared


def checks_values(declared: Primitive[P, Outputs]) -> Primitive[P, Outputs]:
    """Say of a primitive that its kernels raise IndexError for values out of range."""
    declared.checks_values = True
    return declared
