"""`dl.compile(step)`: a training step is recorded once and replayed from then on.

The first call with a signature (shapes, dtypes, precision, gradient mode, plain values) runs as it
is and is written down; later ones copy their inputs to where the first had its own and replay. A
replay has no autograd and no Python of the layers. Where the device has fused the step, long sums
are added in another order; else a replay gives the bits of the eager step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, NamedTuple

from dlcore.autograd import is_grad_enabled
from dlcore.backend import interface as primitives
from dlcore.backend.base import observer
from dlcore.backend.interface.array import like, order_of
from dlcore.backend.record import Program, recording
from dlcore.errors import OptionError
from dlcore.precision import autocast_state
from dlcore.tensors import Tensor

MOST_RECORDINGS = 8
"""Of one signature; where the host's state fits none of them, a step isn't worth recording."""


class Recording(NamedTuple):
    """A program with the tensors through which it is fed, and those it leaves its results in.

    Attributes:
        values: the plain arguments that it was recorded with.
        written: for each input, whether the step writes into it.
    """

    values: list[Any]
    program: Program
    inputs: list[Tensor]
    written: list[bool]
    outputs: Any


class Compiled:
    """A step that records itself; call it like the function it was made from.

    Tensors that it returns are detached copies. Python values that it returns are those of the
    recorded call. What the step reads from Python while it is recorded is fixed from then on,
    except for learning rates and other options of optimizers, the modes of modules, and random
    numbers.

    Attributes:
        recordings: by signature, what was recorded so far.
    """

    def __init__(self, step: Callable[..., Any]) -> None:
        self.step = step
        self.recordings: dict[Any, list[Recording]] = {}
        self.eager: set[Any] = set()  # signatures that can't be recorded
        update_wrapper(self, step, updated=())

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Replay the step, or record it, or run it eagerly where it can't be recorded."""
        tensors: list[Tensor] = []
        values: list[Any] = []
        form = _signature((arguments, options), tensors, values)
        signature = (form, autocast_state(), is_grad_enabled())
        if signature in self.eager or observer.get() is not None:
            return self.step(*arguments, **options)
        recordings = self.recordings.setdefault(signature, [])
        for known in recordings:
            for target in known.inputs:
                target.grad = None  # the step may have given it one
            if known.values == values and known.program.fits():
                for target, source in zip(known.inputs, tensors, strict=True):
                    _copy(target, source)
                known.program.replay()
                _write_back(known.inputs, known.written, tensors)
                return _map(known.outputs, _released)
        if len(recordings) == MOST_RECORDINGS:
            self._runs_eagerly(signature, "what surrounds it is different at every call")
            return self.step(*arguments, **options)
        return self._record(signature, (arguments, options), tensors, values)

    def forget(self) -> None:
        """Record anew what gives other bits when it is replayed than when it runs as it is."""
        for recordings in self.recordings.values():
            recordings[:] = [known for known in recordings if known.program.exact]

    def _runs_eagerly(self, signature: Any, reason: object) -> None:
        """From now on; said once."""
        self.eager.add(signature)
        del self.recordings[signature]
        name = getattr(self.step, "__name__", type(self.step).__name__)
        warnings.warn(f"{name} runs eagerly: {reason}", stacklevel=4)

    def _record(self, signature: Any, given: Any, tensors: list[Tensor], values: list[Any]) -> Any:
        fed = {id(tensor): _fed(tensor) for tensor in tensors}
        inputs = [fed[id(tensor)] for tensor in tensors]
        before = [tensor.version.count for tensor in inputs]
        arguments, options = _map(given, lambda tensor: fed[id(tensor)])
        with recording() as program:
            outputs = self.step(*arguments, **options)
        written = [
            tensor.version.count != count for tensor, count in zip(inputs, before, strict=True)
        ]
        _write_back(inputs, written, tensors)
        if program.refusal is not None:
            self._runs_eagerly(signature, program.refusal)
            return outputs
        outputs = _map(outputs, lambda tensor: tensor.detach())  # lets the graph go
        program.arrange()
        kept = Recording(values, program, inputs, written, outputs)
        self.recordings[signature].append(kept)
        return _map(outputs, _released)


def compile(step: Callable[..., Any]) -> Compiled:
    """A step that is recorded once for each signature, and replayed; see `Compiled`.

    >>> import dlcore as dl
    >>> double = dl.compile(lambda x: x + x)
    >>> double(dl.tensor([1.0, 2.0])), double(dl.tensor([3.0, 4.0]))
    (tensor([2., 4.]), tensor([6., 8.]))
    """
    return Compiled(step)


def _signature(value: Any, tensors: list[Tensor], values: list[Any]) -> Any:
    """The form of the arguments; collects the tensors and the plain values on the way.

    A tensor that comes twice is fed once, so where it comes is part of the form.

    Raises:
        OptionError: an argument that can't be told from others.
    """
    if isinstance(value, Tensor):
        tensors.append(value)
        first = next(place for place, tensor in enumerate(tensors) if tensor is value)
        return (first, value.backend, value.shape, value.dtype, order_of(value.array))
    if isinstance(value, tuple | list):
        return (type(value), *(_signature(part, tensors, values) for part in value))
    if isinstance(value, dict):
        parts = value.items()
        return (dict, *((name, _signature(part, tensors, values)) for name, part in parts))
    try:
        hash(value)
    except TypeError:
        raise OptionError(
            "compiled step",
            expected="tensors, plain values, and tuples, lists and dicts of them",
            received=f"an argument of type {type(value).__name__}",
            remedy="let the step close over it instead",
        ) from None
    # 1, 1.0 and True are equal, as 0.0 and -0.0 are, and no NaN is equal to itself.
    values.append((type(value), value.hex() if isinstance(value, float) else value))
    return None


def _map(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """The same structure with every tensor replaced."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_map(part, function) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(_map(part, function) for part in value)
    if isinstance(value, dict):
        return {name: _map(part, function) for name, part in value.items()}
    return value


def _fed(tensor: Tensor) -> Tensor:
    """A tensor of the recording's own with the values of an argument."""
    if tensor.requires_grad:
        raise OptionError(
            "compiled step",
            expected="arguments without gradients",
            received=f"a tensor of shape {tensor.shape} that requires one",
            remedy="let the step close over parameters, and detach other arguments",
        )
    own = Tensor(tensor.backend.empty(like(tensor.array)), tensor.backend)
    _copy(own, tensor)
    return own


def _copy(target: Tensor, source: Tensor) -> None:
    primitives.copy.into(
        target.backend,
        target.array,
        source.array,
        dtype=target.dtype,
        order=order_of(target.array),
    )


def _write_back(inputs: list[Tensor], written: list[bool], tensors: list[Tensor]) -> None:
    """What the step wrote into its inputs, into the caller's tensors."""
    for source, wanted, target in zip(inputs, written, tensors, strict=True):
        if wanted:
            _copy(target, source)
            target.version.bump()


def _released(tensor: Tensor) -> Tensor:
    """A copy that the next replay doesn't overwrite."""
    own = Tensor(tensor.backend.empty(like(tensor.array)), tensor.backend)
    _copy(own, tensor)
    return own
