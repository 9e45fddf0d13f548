"""How operations become methods of Tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from dlcore.tensors import Tensor

Function = TypeVar("Function", bound=Callable[..., Any])


def method(function: Function) -> Function:
    """Attach a function whose first argument is a tensor to Tensor, under its own name."""
    return methods(function.__name__)(function)


def methods(*names: str) -> Callable[[Function], Function]:
    """Attach a function to Tensor under several names: `@methods("add", "__add__", "__radd__")`."""

    def attach(function: Function) -> Function:
        for name in names:
            setattr(Tensor, name, function)
        return function

    return attach
