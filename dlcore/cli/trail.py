"""The floors that a layer, an operation or an optimizer passes, each with its place in the source.

They are found by running it once: an observer sees the primitives that are launched, the graph has
the gradient rules, and Python tells which functions of `dlcore/ops` the layer has called.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib import import_module
from types import FrameType, FunctionType
from typing import Any

from dlcore import autograd
from dlcore.autograd import Node, shared
from dlcore.backend import get_backend
from dlcore.backend.base import Call, observer
from dlcore.backend.interface.array import Array
from dlcore.backend.interface.primitive import Primitive
from dlcore.cli.catalogue import Thing
from dlcore.cli.samples import sample
from dlcore.errors import DeviceError
from dlcore.nn.module import Parameter
from dlcore.ops.create import ones, ones_like
from dlcore.optim import Optimizer
from dlcore.tensors import Tensor

DEVICES = ("numpy", "cpu", "cuda")


@dataclass(frozen=True)
class Stop:
    """One place that is passed.

    Attributes:
        floor: "layer", "optimizer", "operation", "gradient", "primitive" or "kernel".
        name: of the function or class.
        file: relative to where dlcore is, such as dlcore/nn/conv.py.
        line: where it begins.
        text: what it does, in a line.
        when: "forward", "backward" or, of an optimizer, "step"; for primitives.
        devices: for kernels.
    """

    floor: str
    name: str
    file: str
    line: int
    text: str = ""
    when: str = ""
    devices: tuple[str, ...] = ()
    target: Any = field(default=None, repr=False, compare=False)


def trail(thing: Thing) -> list[Stop]:
    """All stops, from the thing itself down to the kernels; each once."""
    run = _Run()
    if thing.kind == "primitive":
        run.launches[("", thing.value, "")] = None
    elif thing.kind == "optimizer":
        if issubclass(thing.value, Optimizer) and thing.value is not Optimizer:
            run.watch("step", _step(thing.value))
    elif (found := sample(thing)) is not None:
        run.watch("forward", found.call)
        run.back(found.leaves)
    stops = [_stop(thing.kind, thing.value)] if thing.kind != "primitive" else []
    if thing.kind == "layer":
        stops += [_stop("operation", function) for function in run.operations]
    stops += [_gradient(operation, rule) for operation, rule in run.rules]
    for when, primitive, rule in run.launches:
        stops += [_primitive(primitive, rule, when), *_kernels(primitive, rule)]
    return list(dict.fromkeys(stops))


class _Run:
    """What a run passes, in order, each once.

    Attributes:
        operations: functions of dlcore.ops that the layer calls.
        rules: gradient rules, each with the operation that it is of.
        launches: (when, primitive, name of the rule that it takes, if any).
    """

    def __init__(self) -> None:
        self.operations: dict[FunctionType, None] = {}
        self.rules: dict[tuple[str, Callable[..., Any]], None] = {}
        self.launches: dict[tuple[str, Primitive[..., Any], str], None] = {}
        self.when = ""
        self.outputs: list[Tensor] = []

    def launched(self, call: Call) -> None:
        self.launches[(self.when, call.primitive, str(call.attributes.get("rule", "")))] = None

    def downloaded(self, array: Array) -> None:
        """No stop."""

    def watch(self, when: str, call: Callable[[], Any]) -> None:
        """Run a call; keep what it launches, which operations it calls, and its outputs."""
        self.when = when
        token, profiler = observer.set(self), sys.getprofile()
        sys.setprofile(self._called)
        try:
            output = call()
        finally:
            sys.setprofile(profiler)
            observer.reset(token)
        outputs = output if isinstance(output, tuple | list) else (output,)
        self.outputs = [x for x in outputs if isinstance(x, Tensor) and x.node is not None]

    def back(self, leaves: list[Tensor]) -> None:
        """Work out the gradients of the leaves from those of the outputs."""
        for output in self.outputs:
            for node in _nodes(output.node):
                for rule in node.rules or ():
                    self.rules[(node.operation, _written(rule))] = None
            back = partial(autograd.grad, output, leaves, ones_like(output), retain_graph=True)
            self.watch("backward", back)

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        caller = frame.f_back
        if event == "call" and caller is not None and _module(frame).startswith("dlcore.ops."):
            function = frame.f_globals.get(frame.f_code.co_name)
            if _module(caller).startswith("dlcore.nn.") and inspect.isfunction(function):
                self.operations[function] = None


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _step(kind: type[Optimizer]) -> Callable[[], Any]:
    """A step of an optimizer with one parameter."""
    parameter = Parameter(ones(2, 2))
    parameter.grad = ones(2, 2)
    make: Callable[..., Any] = kind
    given = {"lr": 0.1} if "lr" in inspect.signature(kind).parameters else {}
    step: Callable[[], Any] = make([parameter], **given).step
    return step


def _nodes(start: Node | None) -> Iterator[Node]:
    """A node of the graph and all those before it, each once."""
    seen: dict[Node, None] = {}
    waiting: list[Any] = [start]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node) and node not in seen:
            seen[node] = None
            waiting += node.inputs
    yield from seen


def _written(rule: Any) -> Callable[..., Any]:
    """The function that somebody wrote for a gradient: not the parts that `shared` makes of it."""
    if isinstance(rule, partial):
        return _written(rule.func)
    owner = inspect.getclosurevars(rule).nonlocals.get("self")
    return owner.compute if isinstance(owner, shared) else rule


# -- stops ---------------------------------------------------------------------------------------


def _stop(floor: str, target: Any, text: str = "", when: str = "", *devices: str) -> Stop:
    """Where a class or function stands; the text is its documentation's first line if not given."""
    module = import_module(target.__module__)
    package = hasattr(module, "__path__")
    file = module.__name__.replace(".", "/") + ("/__init__.py" if package else ".py")
    text = text or (inspect.getdoc(target) or "").partition("\n")[0]
    return Stop(floor, target.__name__, file, _line(target), text, when, devices, target)


@cache
def _line(target: Any) -> int:
    return inspect.getsourcelines(target)[1]


def _gradient(operation: str, rule: Callable[..., Any]) -> Stop:
    stop = _stop("gradient", rule, f"of {operation}")
    if stop.name != "<lambda>":
        return stop
    line = inspect.getsource(rule).strip().partition("\n")[0]
    return replace(stop, name="lambda", text=f"{stop.text}: {line}")


def _primitive(primitive: Primitive[..., Any], rule: str, when: str) -> Stop:
    text = ""
    if rule:
        known = getattr(import_module(primitive.infer.__module__), "RULES", {}).get(rule)
        text = f"{rule}: {known.formula}" if known else f"rule {rule}"
    return _stop("primitive", primitive.infer, text, when)


def _kernels(primitive: Primitive[..., Any], rule: str) -> Iterator[Stop]:
    """What fulfils a primitive on the devices that are here; rules have a function of their own."""
    devices: dict[Any, list[str]] = {}
    for device in DEVICES:
        try:
            kernel = get_backend(device).kernels.get(primitive.name)
        except DeviceError:
            continue
        if kernel is not None:
            devices.setdefault(inspect.unwrap(kernel), []).append(device)
    for kernel, names in devices.items():
        yield _stop("kernel", kernel, "", "", *names)
        function = getattr(kernel, "__globals__", {}).get("_RULES", {}).get(rule)
        if hasattr(function, "__code__"):
            stop = _stop("kernel", function, rule, "", *names)
            yield replace(stop, name=rule) if stop.name == "<lambda>" else stop
