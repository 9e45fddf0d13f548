"""What a network does to an input of a given size: each layer's output, parameters and work.

A shadow of the network, whose tensors have shapes but no values, runs on the "meta" device while
an observer looks at what its layers launch. So the numbers are what the primitives really do, and
the network itself is not touched.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dlcore.autograd import no_grad
from dlcore.backend import get_backend
from dlcore.backend.base import Call, observer
from dlcore.backend.interface.array import Array, Shape, Spec, float32, like
from dlcore.backend.interface.checks import dtype_in
from dlcore.backend.work import multiply_adds
from dlcore.columns import aligned
from dlcore.errors import OptionError
from dlcore.nn.module import HOOKS, Module
from dlcore.random import generator
from dlcore.tensors import Tensor

META = "meta"


@dataclass
class Row:
    """One call of a module.

    Attributes:
        path: dotted, "" for the network itself.
        layer: its class.
        outputs: the shapes of what it gives.
        output_bytes: what they take.
        parameters: elements of its own; parts with a row of their own count theirs, and shared
            parameters count once.
        multiply_adds: those of its own, too.
    """

    path: str
    layer: str
    outputs: list[Shape]
    output_bytes: int
    parameters: int
    multiply_adds: int


@dataclass
class Summary:
    """The rows in the order of the calls, and totals.

    Attributes:
        parameters, trainable, buffers: elements; trainable ones get gradients.
        parameter_bytes: of the parameters.
        activation_bytes: of all arrays that the forward pass writes.
    """

    rows: list[Row]
    parameters: int
    trainable: int
    buffers: int
    parameter_bytes: int
    activation_bytes: int
    multiply_adds: int

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, strings, lists and dicts, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        head = ("path", "layer", "output", "parameters", "multiply-adds", "output bytes")
        table: list[tuple[str, ...]] = [head]
        for row in self.rows:
            output = ", ".join(" x ".join(map(str, shape)) or "1" for shape in row.outputs)
            numbers = (row.parameters, row.multiply_adds, row.output_bytes)
            table.append((row.path, row.layer, output, *(f"{n:,}" if n else "-" for n in numbers)))
        return "\n".join(
            [
                *aligned(table, right={3, 4, 5}),
                "",
                f"parameters     {self.parameters:,} ({self.trainable:,} trainable), "
                f"{self.parameter_bytes:,} bytes",
                f"buffers        {self.buffers:,}",
                f"multiply-adds  {self.multiply_adds:,}",
                f"activations    {self.activation_bytes:,} bytes",
            ]
        )


def summarise(
    module: Module,
    input_size: int | Sequence[int] | Sequence[Sequence[int]],
    batch_size: int | None,
    dtypes: Any,
) -> Summary:
    """The summary of a network; see `Module.summary`."""
    shadow = _shadow(module)
    inputs = _inputs(shadow, input_size, batch_size, dtypes)
    trace = _Trace(shadow)
    calls, token = dict(generator.calls), observer.set(trace)
    try:
        with no_grad():
            shadow(*inputs)
    finally:
        observer.reset(token)
        generator.calls = calls  # what is drawn afterwards is what would have been drawn before
    return trace.summary()


class _Trace:
    """An observer that knows which module runs.

    Attributes:
        rows: of all calls so far.
        running: rows of the calls that are under way, the innermost last.
        written: the arrays that were computed, by id.
    """

    def __init__(self, shadow: Module) -> None:
        self.shadow = shadow
        self.paths = {module: path for path, module in shadow.named_modules()}
        self.rows: list[Row] = []
        self.running: list[Row] = []
        self.written: dict[int, Array] = {}
        for module in self.paths:
            module.register_forward_pre_hook(self.enter)
            module.register_forward_hook(self.leave)

    def enter(self, module: Module, inputs: Any) -> None:
        row = Row(self.paths[module], type(module).__name__, [], 0, 0, 0)
        self.rows.append(row)
        self.running.append(row)

    def leave(self, module: Module, inputs: Any, output: Any) -> None:
        row = self.running.pop()
        for tensor in _tensors(output):
            row.outputs.append(tensor.shape)
            row.output_bytes += _bytes(tensor.array)

    def launched(self, call: Call) -> None:
        self.running[-1].multiply_adds += multiply_adds(call)
        self.written.update((id(array), array) for array in call.outputs)

    def downloaded(self, array: Array) -> None:
        """Nothing is, on meta."""

    def summary(self) -> Summary:
        parameters = list(self.shadow.parameters())
        first_rows = {row.path: row for row in reversed(self.rows)}
        for name, parameter in self.shadow.named_parameters():
            owner = name
            while owner not in first_rows:  # a part that is never called belongs to its owner
                owner = owner.rpartition(".")[0]
            first_rows[owner].parameters += parameter.numel()
        return Summary(
            self.rows,
            parameters=sum(part.numel() for part in parameters),
            trainable=sum(part.numel() for part in parameters if part.requires_grad),
            buffers=sum(part.numel() for part in self.shadow.buffers()),
            parameter_bytes=sum(_bytes(part.array) for part in parameters),
            activation_bytes=sum(map(_bytes, self.written.values())),
            multiply_adds=sum(row.multiply_adds for row in self.rows),
        )


def _shadow(module: Module) -> Module:
    """A copy in evaluation mode, without hooks, whose tensors are on meta."""
    backend = get_backend(META)
    memo: dict[int, Any] = {}
    for part in module.modules():
        memo.update((id(getattr(part, hooks)), ()) for hooks in HOOKS)
        for value in vars(part).values():
            if isinstance(value, Tensor) and id(value) not in memo:
                twin = value._again(backend.empty(like(value.array)))
                twin.backend = backend
                memo[id(value)] = twin
    shadow = copy.deepcopy(module, memo)
    for part in shadow.modules():
        part._path = ""  # so that errors name the parts as the rows do
    return shadow.eval()


def _inputs(
    module: Module,
    input_size: int | Sequence[int] | Sequence[Sequence[int]],
    batch_size: int | None,
    dtypes: Any,
) -> list[Tensor]:
    sizes = (input_size,) if isinstance(input_size, int) else tuple(input_size)
    shapes: list[Any] = [sizes] if all(isinstance(size, int) for size in sizes) else list(sizes)
    batch = () if batch_size is None else (batch_size,)
    for shape in shapes:
        if not isinstance(shape, list | tuple) or not all(isinstance(n, int) for n in shape):
            raise OptionError(
                "summary",
                expected="the shape of a sample, or a list of shapes",
                received=f"input_size={input_size!r}",
                remedy="write for example (3, 32, 32), or [(3,), (4,)] for two inputs",
            )
    kinds = list(dtypes) if isinstance(dtypes, list | tuple) else [dtypes] * len(shapes)
    if len(kinds) != len(shapes):
        raise OptionError(
            "summary",
            expected=f"a dtype for each of {len(shapes)} inputs, or one for all",
            received=f"{len(kinds)} dtypes",
            remedy="give as many as there are sizes",
        )
    usual = next((part.dtype for part in module.parameters()), float32)
    backend = get_backend(META)
    dtypes = [usual if kind is None else dtype_in("summary", kind) for kind in kinds]
    return [
        Tensor(backend.empty(Spec((*batch, *shape), dtype)), backend)
        for shape, dtype in zip(shapes, dtypes, strict=True)
    ]


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from _tensors(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _tensors(part)


def _bytes(array: Array) -> int:
    return array.size * array.dtype.itemsize
