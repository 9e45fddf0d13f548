"""What stands between the brackets of `x[...]`, sorted into a view and indices to pick by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from dlcore.backend.interface.array import INTEGERS, Shape, boolean, int64, uint8
from dlcore.backend.interface.gather import INDICES
from dlcore.errors import DtypeError, IndexRangeError, OptionError, ShapeError
from dlcore.ops.copy import cast
from dlcore.ops.operands import backend_of
from dlcore.ops.pieces import in_range
from dlcore.tensors import Tensor, wrap

EVERYTHING = slice(None)


class Picked(NamedTuple):
    """A tensor of indices: for which axis of the view, and which axis of the tensor that was."""

    axis: int
    source: int
    places: Tensor


class Subscript(NamedTuple):
    """An index in two steps: a view, then elements picked from it.

    Attributes:
        view: slices, integers and None, up to the tensor's last axis.
        single: indices without axes, which are taken each by itself and leave no axis.
        picked: the other indices, to be broadcast against each other.
    """

    view: tuple[Any, ...]
    single: list[Picked]
    picked: list[Picked]

    @property
    def picks(self) -> bool:
        """Whether there is more than a view."""
        return bool(self.single or self.picked)

    @property
    def views(self) -> bool:
        """Whether the view is another one than all of the tensor."""
        return any(not isinstance(item, slice) or item != EVERYTHING for item in self.view)


def parsed(x: Tensor, index: Any, on_host: bool = False) -> Subscript:
    """The two steps of `x[index]`; `on_host` reads indices without axes into integers.

    Raises:
        IndexRangeError: no such place on an axis, or more indices than axes.
        ShapeError: a mask of another shape than the axes it is for.
        DtypeError: indices that are not integers or bool.
        OptionError: a slice with a negative step.
    """
    view: list[Any] = []
    single: list[Picked] = []
    picked: list[Picked] = []
    source = axis = 0  # the next axis of x, the next axis of the view
    for item in _complete(x, [_tensor(x, item) for item in _items(index)]):
        if item is None:
            view.append(None)
        elif isinstance(item, slice):
            view.append(_forward(item))
            source += 1
        elif isinstance(item, Tensor) and item.dtype == boolean:
            _require_mask(x, item, source)
            for count, places in enumerate(_places(item)):
                view.append(EVERYTHING if item.ndim else None)
                picked.append(Picked(axis + count, source + count, places))
            source += item.ndim
            axis += max(item.ndim, 1)
            continue
        elif isinstance(item, Tensor) and (item.ndim or not on_host):
            view.append(EVERYTHING)
            (picked if item.ndim else single).append(Picked(axis, source, item))
            source += 1
        else:
            view.append(in_range("index", int(item), source, x))
            source += 1
            continue
        axis += 1
    return Subscript(tuple(view), single, picked)


def _items(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _tensor(x: Tensor, item: Any) -> Any:
    """Arrays, lists and truth values as tensors; integers, slices, None, Ellipsis as they are."""
    if isinstance(item, list | np.ndarray | bool | np.bool_):
        values = np.asarray(item)
        if not values.size and isinstance(item, list):
            values = values.astype(np.int64)
        if values.dtype != boolean and np.issubdtype(values.dtype, np.integer):
            values = values.astype(np.int64)
        item = wrap(values, x.backend)
    if not isinstance(item, Tensor):
        if (
            item is None
            or item is Ellipsis
            or isinstance(item, slice)
            or hasattr(item, "__index__")
        ):
            return item
        raise _no_index(type(item).__name__)
    backend_of("index", x, item)
    if item.dtype in INTEGERS - {uint8} and item.dtype not in INDICES:
        return cast(item, int64)
    if item.dtype != boolean and item.dtype not in INDICES:
        raise _no_index(f"a tensor of dtype {item.dtype.name}")
    return item


def _no_index(received: str) -> DtypeError:
    return DtypeError(
        "index",
        expected="integers, slices, None, Ellipsis, or tensors of integers or bool",
        received=received,
        remedy="convert it with .long() for places, or .bool() for a mask",
    )


def _complete(x: Tensor, items: list[Any]) -> Iterator[Any]:
    """The items, with slices in place of the Ellipsis, so that every axis has one."""
    used = sum(
        item.ndim if isinstance(item, Tensor) and item.dtype == boolean else 1
        for item in items
        if item is not None and item is not Ellipsis
    )
    dots = [place for place, item in enumerate(items) if item is Ellipsis]
    if used > x.ndim or len(dots) > 1:
        raise IndexRangeError(
            "index",
            expected=f"at most {x.ndim} indices for shape {x.shape}, and one Ellipsis",
            received=f"{used} indices, {len(dots)} times Ellipsis",
            remedy="leave some out",
        )
    split = dots[0] if dots else len(items)
    yield from items[:split]
    yield from [EVERYTHING] * (x.ndim - used)
    yield from items[split + 1 :]


def _forward(item: slice) -> slice:
    """A slice of plain integers with a positive step."""
    bounds = [None if bound is None else int(bound) for bound in (item.start, item.stop, item.step)]
    if bounds[2] is not None and bounds[2] <= 0:
        raise OptionError(
            "index",
            expected="a slice with a positive step",
            received=f"step {bounds[2]}",
            remedy="use flip to run an axis backwards",
        )
    return slice(*bounds)


def _require_mask(x: Tensor, mask: Tensor, source: int) -> None:
    wanted: Shape = x.shape[source : source + mask.ndim]
    if mask.shape != wanted:
        raise ShapeError(
            "index",
            expected=f"a mask of shape {wanted}, as the axes from {source} of shape {x.shape}",
            received=f"a mask of shape {mask.shape}",
            remedy="index with a mask of the same shape",
        )


def _places(mask: Tensor) -> list[Tensor]:
    """The indices of the elements that are True, one tensor for each axis. Synchronises."""
    host = np.atleast_1d(mask.backend.download(mask.array))  # a single truth value has an axis of 1
    return [wrap(places.astype(np.int64), mask.backend) for places in np.nonzero(host)]
