"""Modes: values that are in force inside a block or a decorated function.

Each thread has its own, and a new thread starts with the default.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextvars import ContextVar
from functools import partial, wraps
from inspect import isgeneratorfunction
from typing import Any, Generic, TypeVar, cast

Value = TypeVar("Value")
Function = TypeVar("Function", bound=Callable[..., Any])


class Mode(Generic[Value]):
    """Sets a variable on entry and gives it back on exit; decorates functions and generators.

    Args:
        variable: what to set.
        value: to what.
    """

    def __init__(self, variable: ContextVar[Value], value: Value) -> None:
        self._variable, self._value = variable, value
        self._before: list[Value] = []

    def __enter__(self) -> None:
        self._before.append(self._variable.get())
        self._variable.set(self._value)

    def __exit__(self, *error: object) -> None:
        # (no token: those refuse a block that another context leaves, as generators may)
        self._variable.set(self._before.pop())

    def __call__(self, function: Function) -> Function:
        """The function, run in this mode; a generator has it while it runs, its user hasn't."""
        # Every call has a mode of its own: threads may run the function side by side.
        fresh = partial(Mode, self._variable, self._value)
        if isgeneratorfunction(function):
            return cast(Function, _stepwise(function, fresh))

        @wraps(function)
        def run(*arguments: Any, **options: Any) -> Any:
            with fresh():
                return function(*arguments, **options)

        return cast(Function, run)


def _stepwise(function: Callable[..., Any], fresh: Callable[[], Mode[Any]]) -> Callable[..., Any]:
    @wraps(function)
    def steps(*arguments: Any, **options: Any) -> Generator[Any, Any, Any]:
        inner = function(*arguments, **options)
        advance = partial(next, inner)
        while True:
            try:
                with fresh():
                    value = advance()
            except StopIteration as end:
                return end.value
            try:
                sent = yield value
            except GeneratorExit:
                with fresh():
                    inner.close()
                raise
            except BaseException as error:
                advance = partial(inner.throw, error)
            else:
                advance = partial(inner.send, sent)

    return steps
