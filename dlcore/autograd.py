"""Automatic differentiation: the graph is stored as it is computed, and walked backwards.

An operation ends with `result(name, array, backend, (input, gradient), ...)`: beside each input
stands the function that turns the output's gradient into that input's. Backward rules work on raw
arrays, so there are no second derivatives.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from itertools import count
from typing import Any, ClassVar, NamedTuple
from weakref import ReferenceType

from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend, observer
from dlcore.backend.interface.array import Array, Shape, like, order_of
from dlcore.errors import GraphError, ShapeError, StaleError
from dlcore.leaves import guard_gradient, guard_leaves, settle_gradient
from dlcore.mode import Function, Mode
from dlcore.scope import current_path, scope
from dlcore.tensors import Hook, Tensor, Version

GradientRule = Callable[[Array], Array]
_enabled: ContextVar[bool] = ContextVar("grad_enabled", default=True)
_births = count()


def is_grad_enabled() -> bool:
    """Whether operations are being written into the graph."""
    return _enabled.get()


class set_grad_enabled(Mode[bool]):
    """Write operations into the graph, or not: from now on, or inside a block or a function.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(_enabled, bool(mode))
        self._outside = _enabled.get()
        _enabled.set(self._value)

    def __enter__(self) -> None:
        _enabled.set(self._value)

    def __exit__(self, *error: object) -> None:
        _enabled.set(self._outside)

    def __call__(self, function: Function) -> Function:
        """The function, run in this mode; what follows is in the mode it was in before."""
        _enabled.set(self._outside)
        return super().__call__(function)


class no_grad(Mode[bool]):
    """Compute without a graph; `@no_grad` and `@no_grad()` decorate a function."""

    enabled: ClassVar[bool] = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(_enabled, self.enabled)


class enable_grad(no_grad):
    """Compute with a graph, also within `no_grad`."""

    enabled = True


class Saved(NamedTuple):
    """A tensor whose memory a gradient rule will read, and the version it must still have."""

    version: Version
    number: int
    role: str


class Node:
    """One executed operation: where its inputs came from and how gradients flow to them.

    Attributes:
        operation, path: what was computed, and in which module.
        inputs: what gets gradients: leaves, and the nodes of all other tensors. A node doesn't
            hold its inputs' memory; what the rules need of it, they hold themselves.
        rules: for each input, from the output's gradient to its own; None once freed.
        saved: what the rules read.
        hooks: called with the output's gradient.
        retained: the output, where it wants to keep its gradient.
        birth: grows with every node, so that later operations are walked first.
    """

    __slots__ = (
        "backend",
        "birth",
        "hooks",
        "inputs",
        "operation",
        "path",
        "retained",
        "rules",
        "saved",
        "shape",
    )

    def __init__(
        self,
        operation: str,
        shape: Shape,
        backend: Backend,
        inputs: tuple[Tensor | Node, ...],
        rules: tuple[GradientRule, ...],
        saved: tuple[Saved, ...],
    ) -> None:
        self.operation = operation
        self.path = current_path()
        self.shape = shape
        self.backend = backend
        self.inputs = inputs
        self.rules: tuple[GradientRule, ...] | None = rules
        self.saved = saved
        self.hooks: list[Hook] = []
        self.retained: ReferenceType[Tensor] | None = None
        self.birth = next(_births)

    def __repr__(self) -> str:
        return f"<{self.operation} at {self.path or 'top level'} -> {self.shape}>"


def result(
    operation: str,
    array: Array,
    backend: Backend,
    *gradients: tuple[Tensor | None, GradientRule],
    saved: Sequence[Tensor] = (),
    saves_output: bool = False,
    version: Version | None = None,
) -> Tensor:
    """The output of an operation, written into the graph if any input wants a gradient.

    Args:
        operation: its name, for errors and pictures.
        array: the raw output.
        gradients: for each input, the rule from the output's gradient to its own; inputs that are
            None or want no gradient are left out, and their rules never run.
        saved: tensors whose memory the rules read; overwriting one before backward is an error.
        saves_output: the rules read the output, too.
        version: of the memory that the output shares, if it is a view.
    """
    output = Tensor(array, backend, version=version)
    if observer.get() is not None:
        guard_leaves([*(tensor for tensor, _ in gradients), *saved])
    wanted = [
        (tensor, rule) for tensor, rule in gradients if tensor is not None and tensor.requires_grad
    ]
    if wanted and is_grad_enabled():
        keep = [
            Saved(tensor.version, tensor.version.count, f"an input of shape {tensor.shape}")
            for tensor in saved
        ]
        if saves_output:
            keep.append(Saved(output.version, output.version.count, "its own output"))
        inputs = tuple(tensor.node or tensor for tensor, _ in wanted)
        rules = tuple(rule for _, rule in wanted)
        output.node = Node(operation, array.shape, backend, inputs, rules, tuple(keep))
        output.requires_grad = True
    return output


class shared:
    """Gradient rules that share one computation: `shared(f)[i]` gives the i-th part of f(dy).

    The parts are computed once for each dy and let go when the last rule has taken its own.
    """

    def __init__(self, compute: Callable[[Array], tuple[Array, ...]]) -> None:
        self.compute = compute
        self.source: Array | None = None
        self.parts: tuple[Array, ...] = ()

    def __getitem__(self, place: int) -> GradientRule:
        def rule(dy: Array) -> Array:
            if self.source is not dy:
                self.source, self.parts = dy, self.compute(dy)
            return self.parts[place]

        return rule


def backward(
    output: Tensor,
    gradient: Tensor | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> None:
    """Walk the graph from `output` and add the gradients of all leaves to their `.grad`."""
    seed = _seed(output, gradient, create_graph)
    _walk(output.node or output, seed, retain_graph, _accumulate)


def grad(
    output: Tensor,
    inputs: Tensor | Sequence[Tensor],
    grad_output: Tensor | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `output` for `inputs`, returned; no `.grad` changes.

    An input that `output` does not depend on gets None.
    """
    found: dict[Tensor | Node, Array] = {}
    wanted = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    sources = [(tensor, tensor.node or tensor) for tensor in wanted]
    leaves = {tensor for tensor in wanted if tensor.node is None}

    def collect(leaf: Tensor, dx: Array) -> None:
        if leaf in leaves:
            dx = _hooked(leaf.hooks, dx, leaf.backend)
            found[leaf] = _add(leaf.backend, found[leaf], dx) if leaf in found else dx

    seed = _seed(output, grad_output, create_graph)
    _walk(output.node or output, seed, retain_graph, collect, found.__setitem__)
    return tuple(
        Tensor(found[source], tensor.backend) if source in found else None
        for tensor, source in sources
    )


def _walk(
    start: Tensor | Node,
    seed: Array,
    retain_graph: bool,
    deliver: Callable[[Tensor, Array], None],
    passing: Callable[[Node, Array], None] = lambda node, dy: None,
) -> None:
    """Give every leaf its gradients through `deliver`; later operations go first.

    A leaf with hooks gets the sum of them at the end: hooks see the whole gradient.
    """
    if isinstance(start, Tensor):
        deliver(start, seed)
        return
    pending: dict[Node, Array] = {start: seed}
    queue = [(-start.birth, start)]
    hooked: dict[Tensor, Array] = {}
    while queue:
        _, node = heapq.heappop(queue)
        dy = _hooked(node.hooks, pending.pop(node), node.backend)
        if node.retained is not None and (tensor := node.retained()) is not None:
            _accumulate(tensor, dy)
        passing(node, dy)
        for source, rule in zip(node.inputs, _rules(node), strict=True):
            with scope(node.path):
                dx = rule(dy)
            if isinstance(source, Tensor):
                if not source.hooks:
                    deliver(source, dx)
                elif source in hooked:
                    hooked[source] = _add(source.backend, hooked[source], dx)
                else:
                    hooked[source] = dx
            elif source in pending:
                pending[source] = _add(source.backend, pending[source], dx)
            else:
                pending[source] = dx
                heapq.heappush(queue, (-source.birth, source))
        if not retain_graph:
            node.rules, node.inputs, node.saved = None, (), ()
    for leaf, dx in hooked.items():
        deliver(leaf, dx)


def _seed(output: Tensor, gradient: Tensor | None, create_graph: bool) -> Array:
    if create_graph:
        raise GraphError(
            "backward",
            expected="create_graph=False",
            received="create_graph=True",
            remedy="there are no second derivatives: backward rules work on raw arrays",
        )
    if not output.requires_grad:
        raise GraphError(
            "backward",
            expected="a tensor computed from one that requires a gradient",
            received=f"a tensor of shape {output.shape} without a graph",
            remedy="set requires_grad on a leaf, and compute outside no_grad",
        )
    if gradient is None:
        if output.numel() != 1:
            raise GraphError(
                "backward",
                expected="a single element, or a gradient for each",
                received=f"shape {output.shape} and no gradient",
                remedy="reduce it with .sum() or .mean(), or pass gradient=",
            )
        array = output.array
        return primitives.fill(
            output.backend, shape=array.shape, dtype=array.dtype, order=order_of(array), value=1.0
        )
    wanted = (output.shape, output.dtype, output.backend)
    if (gradient.shape, gradient.dtype, gradient.backend) != wanted:
        raise ShapeError(
            "backward",
            expected=f"a gradient of shape {output.shape} and dtype {output.dtype.name} "
            f"on {output.device!r}",
            received=f"shape {gradient.shape} and dtype {gradient.dtype.name} "
            f"on {gradient.device!r}",
            remedy="give it the output's shape, dtype and device",
        )
    return gradient.array


def _rules(node: Node) -> tuple[GradientRule, ...]:
    if node.rules is None:
        error: GraphError | StaleError = GraphError(
            f"backward of {node.operation}",
            expected="a graph that is still there",
            received="one that an earlier backward pass has freed",
            remedy="pass retain_graph=True to the earlier pass",
        )
        error.path = node.path
        raise error
    for saved in node.saved:
        if saved.version.count != saved.number:
            error = StaleError(
                f"backward of {node.operation}",
                expected=f"{saved.role} at version {saved.number}, as in the forward pass",
                received=f"version {saved.version.count}: it was overwritten in place",
                remedy="write after backward, or into a copy made with .clone()",
            )
            error.path = node.path
            raise error
    return node.rules


def _hooked(hooks: Sequence[Hook], dy: Array, backend: Backend) -> Array:
    for hook in tuple(hooks):
        answer = hook(Tensor(dy, backend))
        if answer is None:
            continue
        if (answer.shape, answer.dtype, answer.backend) != (dy.shape, dy.dtype, backend):
            raise ShapeError(
                "gradient hook",
                expected=f"None, or a gradient of shape {dy.shape}, dtype {dy.dtype.name} "
                f"on {backend.device!r}",
                received=f"shape {answer.shape}, dtype {answer.dtype.name} on {answer.device!r}",
                remedy="return what has the shape, dtype and device of what came in",
            )
        dy = answer.array
    return dy


def _add(backend: Backend, a: Array, b: Array) -> Array:
    return primitives.pointwise(backend, a, b, rule="add", parameters=())


def _accumulate(leaf: Tensor, dx: Array) -> None:
    """Add to a leaf's gradient, in memory of its own: `dx` may belong to others as well."""
    backend = leaf.backend
    dx = _hooked(leaf.hooks, dx, backend)
    guard_gradient(leaf)
    before = leaf.grad
    if before is None:
        memory = leaf.home if leaf.home is not None else backend.empty(like(leaf.array))
        primitives.copy.into(backend, memory, dx, dtype=leaf.dtype, order=order_of(memory))
        after = Tensor(memory, backend)
        settle_gradient(leaf, after)
    else:
        primitives.pointwise.into(
            backend, before.array, before.array, dx, rule="add", parameters=()
        )
        before.version.bump()
