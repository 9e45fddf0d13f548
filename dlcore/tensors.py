"""Tensor: an array, the backend that computes on it, and its place in the graph.

What can be computed with tensors lives in `dlcore/ops`, one file a family; that package attaches
the operators and methods (`x + y`, `x.relu()`) when it is imported.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend, HostArray, observer
from dlcore.backend.interface.array import (
    FLOATS,
    Array,
    bfloat16,
    order_of,
)
from dlcore.backend.meta import MetaBackend
from dlcore.backend.record import again, host, settle
from dlcore.described import Described
from dlcore.errors import DtypeError, GraphError, ShapeError
from dlcore.handle import Handle
from dlcore.promotion import default_dtype
from dlcore.values import require_numbers, values_of

if TYPE_CHECKING:
    from dlcore.autograd import Node

Number = bool | int | float
Hook = Callable[["Tensor"], "Tensor | None"]


class Version:
    """Counts the writes into a piece of memory; a tensor and its views share one."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def bump(self) -> None:
        """Note a write."""
        self.count += 1


class Tensor(Described):
    """An n-dimensional array on a device that remembers how it was computed.

    Made by `dl.tensor`, `dl.zeros` and their kin, or by operations.

    Attributes:
        array: the raw array; belongs to `backend`.
        backend: the device that computes on it.
        requires_grad: whether `backward` works out the gradient for it.
        grad: that gradient, summed over all backward passes since it was last None.
        node: the operation that made it, None for a leaf.
        version: counts writes into its memory.
        home: memory that the gradient is to be written into, if somebody wants it there.
        hooks: called with the gradient of a leaf (those of other tensors are on their node).
        lasting: of a class: its tensors outlive the step that uses them, as parameters do.
    """

    lasting: ClassVar[bool] = False

    __slots__ = (
        "__weakref__",
        "grad",
        "home",
        "hooks",
        "node",
        "requires_grad",
        "version",
    )

    # NumPy must hand `number * tensor` over to us instead of looping over elements.
    __array_ufunc__ = None

    def __init__(
        self,
        array: Array,
        backend: Backend,
        requires_grad: bool = False,
        node: Node | None = None,
        version: Version | None = None,
    ) -> None:
        self.array = array
        self.backend = backend
        self.requires_grad = requires_grad
        self.node = node
        self.version = version or Version()
        self.grad: Tensor | None = None
        self.home: Array | None = None
        self.hooks: list[Hook] = []

    @property
    def is_leaf(self) -> bool:
        return self.node is None

    def __iter__(self) -> Iterator[Tensor]:
        return (self[row] for row in range(len(self)))

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        notes = f", dtype={self.dtype.name}" if self.dtype != default_dtype else ""
        notes += f", device='{self.device}'" if self.device != "cpu" else ""
        if self.node is not None:
            notes += f", operation={self.node.operation}"
        elif self.requires_grad:
            notes += ", requires_grad=True"
        if isinstance(self.backend, MetaBackend):
            return f"tensor(..., shape={self.shape}{notes})"
        values = np.asarray(self.backend.download(self.array))
        if self.dtype == bfloat16:
            values = values.astype(np.float32)
        text = np.array2string(values, separator=", ", prefix="tensor(", precision=4)
        return f"tensor({text}{notes})"

    # -- values on the host: these synchronise -----------------------------------------------

    def numpy(self) -> HostArray:
        """The values as a NumPy array, sharing memory where the device is the host.

        Raises:
            GraphError: the tensor requires a gradient, which NumPy would lose.
        """
        if self.requires_grad:
            raise GraphError(
                "numpy",
                expected="a tensor outside the graph",
                received=f"a tensor of shape {self.shape} that requires a gradient",
                remedy="call .detach() first",
            )
        return self.backend.download(self.array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> HostArray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        if self.dtype == bfloat16:
            raise DtypeError(
                "__dlpack__",
                expected="a dtype that NumPy can export",
                received="bfloat16",
                remedy="convert to float32 first",
            )
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[Any, int]:
        return self.numpy().__dlpack_device__()

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.numel() != 1:
            raise ShapeError(
                "item",
                expected="a tensor with one element",
                received=f"shape {self.shape}",
                remedy="index or reduce it first",
            )
        return self.backend.download(self.array).item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self.backend.download(self.array).tolist()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        if self.dtype in FLOATS:
            raise DtypeError(
                "index",
                expected="an integer tensor",
                received=f"a tensor of dtype {self.dtype.name}",
                remedy="convert it with .long()",
            )
        return int(self.item())

    # -- the graph ---------------------------------------------------------------------------

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool = False,
        create_graph: bool = False,
    ) -> None:
        """Add d self / d leaf to `leaf.grad` for every leaf that requires a gradient.

        Args:
            gradient: the gradient of the result for this tensor; 1 for a single element.
            retain_graph: keep the graph for another backward pass.
            create_graph: second derivatives, which don't exist here.

        Raises:
            GraphError: no graph, a freed graph, or `create_graph`.
            StaleError: a tensor that the backward pass needs was overwritten.
        """
        from dlcore.autograd import backward

        backward(self, gradient, retain_graph=retain_graph, create_graph=create_graph)

    def detach(self) -> Tensor:
        """The same memory, outside the graph."""
        return Tensor(self.array, self.backend, version=self.version)

    def detach_(self) -> Tensor:
        """Take this tensor itself out of the graph: from here on it is a leaf."""
        self.node, self.requires_grad = None, False
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for a gradient, or stop asking.

        Raises:
            DtypeError: the dtype is not a float.
            GraphError: an operation made this tensor.
        """
        if requires_grad and self.dtype not in FLOATS:
            raise DtypeError(
                "requires_grad",
                expected="a floating-point tensor",
                received=f"a tensor of dtype {self.dtype.name}",
                remedy="convert it with .float()",
            )
        if not requires_grad and self.node is not None:
            raise GraphError(
                "requires_grad",
                expected="a leaf",
                received=f"the result of {self.node.operation}",
                remedy="use .detach()",
            )
        settle((self, "requires_grad"))
        host(lambda: setattr(self, "requires_grad", requires_grad))
        return self

    def register_hook(self, hook: Hook) -> Handle:
        """Call `hook(gradient)` when the gradient for this tensor is known.

        What the hook returns, unless None, takes the gradient's place. `remove()` of the handle
        that is returned takes the hook away.
        """
        if not self.requires_grad:
            raise GraphError(
                "register_hook",
                expected="a tensor that requires a gradient",
                received=f"a tensor of shape {self.shape} that does not",
                remedy="call requires_grad_() first",
            )
        hooks = self.hooks if self.node is None else self.node.hooks
        hooks.append(hook)
        return Handle(lambda: hooks.remove(hook))

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is not a leaf in `.grad`, too."""
        if self.node is not None:
            self.node.retained = weakref.ref(self)

    # -- copies ------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A leaf with memory of its own, on the same backend; hooks are left behind.

        Raises:
            GraphError: an operation made this tensor.
        """
        if self.node is not None:
            raise GraphError(
                "deepcopy",
                expected="a leaf",
                received=f"the result of {self.node.operation}",
                remedy="use .detach().clone()",
            )
        array, order = self.array, order_of(self.array)
        copied = self._again(primitives.copy(self.backend, array, dtype=self.dtype, order=order))
        memo[id(self)] = copied
        if self.grad is not None:
            copied.grad = self.grad.__deepcopy__(memo)
        return copied

    def _again(self, array: Array, version: Version | None = None) -> Self:
        """A leaf of the same kind around other memory."""
        made = type(self).__new__(type(self))
        Tensor.__init__(made, array, self.backend, self.requires_grad, version=version)
        return made

    def __copy__(self) -> Self:
        """A leaf that shares this tensor's memory."""
        return self._again(self.array, self.version)

    def __reduce__(self) -> Any:
        raise GraphError(
            "pickle",
            expected="values to save, as memory and backends can't be pickled",
            received=f"a {type(self).__name__} of shape {self.shape}",
            remedy="save a dict of tensors with dl.save, or pickle .numpy()",
        )

    if TYPE_CHECKING:  # attached by dlcore.ops
        T: Tensor
        data: Tensor
        mT: Tensor

        def __getattr__(self, name: str) -> Callable[..., Tensor]: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
        def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]


def tensor(
    data: Any,
    dtype: Any = None,
    device: str | Backend = "cpu",
    requires_grad: bool = False,
) -> Tensor:
    """A new tensor with a copy of `data` (numbers, nested lists, arrays, tensors).

    Python floats become float32, Python integers int64; arrays keep their dtype, also in lists.

    >>> tensor([[1, 2], [3, 4]]).dtype, tensor(0.5).dtype
    (dtype('int64'), dtype('float32'))

    Raises:
        DtypeError: the values are not numbers, or a gradient is asked for integers.
        ShapeError: lists of different lengths.
    """
    if isinstance(data, Tensor):
        data = data.detach().numpy()
    values = values_of(data, dtype)
    return wrap(values, get_backend(device)).requires_grad_(requires_grad)


def wrap(values: HostArray, backend: Backend) -> Tensor:
    """A tensor with a copy of a host array on a backend; refuses dtypes that dlcore has not."""
    array = backend.upload(require_numbers(values))
    if observer.get() is not None:  # a replay starts with these values again
        kept = values.copy()
        again(lambda: backend.write(array, kept))
    return Tensor(array, backend)


def from_numpy(ndarray: HostArray) -> Tensor:
    """A tensor on the CPU that shares a NumPy array's memory: writes into either show in both."""
    backend = get_backend("cpu")
    shared = wrap(ndarray[..., :0] if ndarray.ndim else ndarray, backend)  # checks the dtype
    shared.array = ndarray
    return shared


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor on the CPU that shares memory with any object that speaks DLPack."""
    return from_numpy(np.from_dlpack(ext_tensor))
