"""Padding: forward and backward."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.operands import backend_of
from dlcore.tensors import Tensor


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """`input` with more elements at the ends of its last axes, or fewer for negative numbers.

    Shapes: any. Dtypes: all; reflect, replicate and circular are as `numpy.pad`'s reflect, edge
    and wrap.

    >>> import dlcore as dl
    >>> from dlcore.ops.pad import pad
    >>> pad(dl.tensor([1.0, 2.0]), (1, 2))
    tensor([0., 1., 2., 0., 0.])

    Args:
        pad: (before, after) of the last axis, then of the last but one, and so on, in one row.
        mode: "constant", "reflect", "replicate" or "circular".
        value: what to fill with, 0 if None; for "constant" only.

    Raises:
        ShapeError: more numbers than the input has ends, an output of negative length, or more
            padding than there is to copy.
        OptionError: no such mode, a value without "constant", an odd count of numbers.
    """
    backend, shape = backend_of("pad", input), input.shape
    numbers = tuple(pad)
    if len(numbers) % 2:
        raise OptionError(
            "pad",
            expected="two numbers for each axis, before and after",
            received=repr(numbers),
            remedy="write 0 for an end that stays",
        )
    if len(numbers) > 2 * input.ndim:
        raise ShapeError(
            "pad",
            expected=f"at most {2 * input.ndim} numbers for input of shape {shape}",
            received=f"{len(numbers)}: {numbers}",
            remedy="give (before, after) for each axis, the last one first",
        )
    if mode != "constant" and value is not None:
        raise OptionError(
            "pad",
            expected=f"no value in mode {mode!r}, which copies elements",
            received=f"value={value}",
            remedy="leave it out, or use mode='constant'",
        )
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))[::-1]
    padding = ((0, 0),) * (input.ndim - len(pairs)) + tuple(pairs)
    fill = 0.0 if value is None else value
    return result(
        "pad",
        primitives.pad(backend, input.array, padding=padding, mode=mode, value=fill),
        backend,
        (
            input,
            lambda dy: primitives.pad_gradient(
                backend, dy, shape=shape, padding=padding, mode=mode
            ),
        ),
    )
