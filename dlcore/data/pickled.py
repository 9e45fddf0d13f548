"""Reads the pickles of the CIFAR files without unpickling: nothing in them is ever called.

A pickle is a program for a stack machine, and most of what that machine can do is not needed to
write down a dict of numbers, strings, lists and one array. So this is a smaller machine: it knows
the instructions of protocol 2 that build such values, and where the program names a function it
only keeps the name. Anything else is refused.

Source: Python's `pickletools`, which documents and decodes the instructions.
"""

from __future__ import annotations

import io
import math
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What NumPy writes to rebuild an array; numpy._core is the name since NumPy 2.
ARRAYS = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
NAMES = {*ARRAYS, "numpy ndarray", "numpy dtype"}

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
NUMBERS = {"BININT", "BININT1", "BININT2"}
STRINGS = {"BINSTRING", "SHORT_BINSTRING", "BINUNICODE"}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class Named:
    """A function that the pickle names."""

    def __init__(self, name: str) -> None:
        self.name = name


class Made:
    """What a named function would have made of its arguments."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        self.name, self.arguments = name, arguments
        self.state: Any = None


def read_pickle(content: bytes) -> dict[str, Any]:
    """The dict in a pickle of protocol 2, as Python 2 wrote them; arrays are uint8.

    Raises:
        ValueError: it is damaged, no such pickle, or holds something else.
    """
    stream = io.BytesIO(content)
    try:
        value = _run(stream)
    except (IndexError, KeyError, TypeError) as error:  # an empty stack, a wrong operand
        raise ValueError(f"instructions that make no sense ({error!r})") from error
    if stream.tell() != len(content):
        raise ValueError(f"{len(content) - stream.tell()} bytes behind the end")
    if not isinstance(value, dict):
        raise ValueError(f"{type(value).__name__} instead of a dict")
    return {key: _array(item) if isinstance(item, Made) else item for key, item in value.items()}


def _run(stream: io.BytesIO) -> Any:
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[Any, Any] = {}
    for opcode, argument, _ in pickletools.genops(stream):
        name = opcode.name
        if name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in NUMBERS or name in STRINGS:
            stack.append(argument)
        elif name in TUPLES:
            stack.append(tuple(_pop(stack, len(stack) - TUPLES[name])))
        elif name == "MARK":
            marks.append(len(stack))
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "GLOBAL":
            if argument not in NAMES:
                raise ValueError(f"the name {argument!r}, which no data needs")
            stack.append(Named(argument))
        elif name in BUILDERS:
            BUILDERS[name](stack, marks)
        elif name not in ("PROTO", "STOP"):
            raise ValueError(f"the instruction {name}, which no data needs")
    if len(stack) != 1:
        raise ValueError(f"{len(stack)} values instead of one")
    return stack[0]


def _pop(stack: list[Any], start: int) -> list[Any]:
    if start < 0:
        raise IndexError("empty stack")
    items = stack[start:]
    del stack[start:]
    return items


def _append(stack: list[Any], items: list[Any]) -> None:
    _kind(stack[-1], list).extend(items)


def _set(stack: list[Any], items: list[Any]) -> None:
    for key in items[::2]:
        _kind(key, str)
    _kind(stack[-1], dict).update(zip(items[::2], items[1::2], strict=True))


def _reduce(stack: list[Any]) -> None:
    function, arguments = _pop(stack, len(stack) - 2)
    stack.append(Made(_kind(function, Named).name, _kind(arguments, tuple)))


def _build(stack: list[Any]) -> None:
    made, state = _pop(stack, len(stack) - 2)
    _kind(made, Made).state = state
    stack.append(made)


BUILDERS: dict[str, Callable[[list[Any], list[int]], None]] = {
    "EMPTY_DICT": lambda stack, marks: stack.append({}),
    "EMPTY_LIST": lambda stack, marks: stack.append([]),
    "TUPLE": lambda stack, marks: stack.append(tuple(_pop(stack, marks.pop()))),
    "APPEND": lambda stack, marks: _append(stack, _pop(stack, len(stack) - 1)),
    "APPENDS": lambda stack, marks: _append(stack, _pop(stack, marks.pop())),
    "SETITEM": lambda stack, marks: _set(stack, _pop(stack, len(stack) - 2)),
    "SETITEMS": lambda stack, marks: _set(stack, _pop(stack, marks.pop())),
    "REDUCE": lambda stack, marks: _reduce(stack),
    "BUILD": lambda stack, marks: _build(stack),
}


def _kind(value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


def _array(made: Made) -> NDArray[np.uint8]:
    """The uint8 array that NumPy would have rebuilt: (version, shape, dtype, Fortran order, data).

    Raises:
        ValueError: it is another kind of array, or its data have another length.
    """
    match made.state:
        case (
            1,
            tuple(shape),
            Made(name="numpy dtype", arguments=("u1", *_)),
            False,
            str(data),
        ) if made.name in ARRAYS and all(type(size) is int and size >= 0 for size in shape):
            pass
        case _:
            raise ValueError("an object that is no array of bytes")
    if math.prod(shape) != len(data):
        raise ValueError(f"{len(data)} bytes for an array of shape {shape}")
    # pickletools decodes a Python 2 string as Latin-1: character k is byte k.
    return np.frombuffer(data.encode("latin-1"), np.uint8).reshape(shape)
