"""Random tensors.

What is drawn depends on the seed, the purpose, the module that asks, the step and the place, not
on what was drawn elsewhere: see `dlcore/random.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend import interface as primitives
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import (
    FLOATS,
    INTEGERS,
    Array,
    Dtype,
    Shape,
    Spec,
    float32,
    order_of,
    rows,
)
from dlcore.backend.interface.checks import dtype_in, names
from dlcore.backend.interface.random import EVERY
from dlcore.errors import DtypeError, OptionError
from dlcore.ops.attach import method
from dlcore.ops.inplace import require_outside_graph, written
from dlcore.ops.operands import backend_of
from dlcore.ops.rules import pointwise
from dlcore.ops.sizes import shape_of
from dlcore.promotion import default_dtype
from dlcore.random import (
    Values,
    draw,
    draw_on_host,
    normal_values,
    permutation_values,
    uniform_values,
)
from dlcore.tensors import Number, Tensor

Device = str | Backend


def rand(
    *size: Any, dtype: Any = None, device: Device = "cpu", requires_grad: bool = False
) -> Tensor:
    """Values from 0 to below 1, all equally likely.

    Args:
        size: the shape, as numbers or as one tuple.
        dtype: a float type, float32 if None.

    >>> import dlcore as dl
    >>> dl.rand(2, 3).shape
    (2, 3)

    Raises:
        DtypeError: not a float type.
        ShapeError: a negative length.
    """
    shape, backend = shape_of("rand", size), get_backend(device)
    array = _uniform(backend, shape, _float("rand", dtype), "rand")
    return Tensor(array, backend).requires_grad_(requires_grad)


def randn(
    *size: Any, dtype: Any = None, device: Device = "cpu", requires_grad: bool = False
) -> Tensor:
    """Normal values of mean 0 and variance 1. Arguments and errors as `rand`."""
    shape, backend = shape_of("randn", size), get_backend(device)
    array = _on_host(backend, shape, _float("randn", dtype), "randn", normal_values)
    return Tensor(array, backend).requires_grad_(requires_grad)


def randint(
    low: int, high: Any = None, size: Any = None, *, dtype: Any = np.int64, device: Device = "cpu"
) -> Tensor:
    """Integers, low <= value < high, all equally likely to one part in 2**32 / (high - low).

    `randint(high, size)` starts at 0, as in PyTorch.

    >>> import dlcore as dl
    >>> dl.randint(5, (3,)).dtype
    dtype('int64')

    Raises:
        OptionError: no integer lies between, or more than 2**32 do.
        DtypeError: a dtype without numbers.
    """
    if size is None:
        low, high, size = 0, low, high
    kind = dtype_in("randint", dtype)
    if kind not in INTEGERS | FLOATS:
        raise DtypeError(
            "randint",
            expected=f"dtype {names(INTEGERS | FLOATS)}",
            received=kind.name,
            remedy="draw integers and convert them",
        )
    if not 0 < high - low <= EVERY:
        raise OptionError(
            "randint",
            expected="low < high, at most 2**32 apart",
            received=f"low {low}, high {high}",
            remedy="high itself is never drawn: give the largest value plus 1",
        )
    start, span = int(low), np.uint64(high - low)

    def values(shape: Shape, bits: Any) -> Any:
        return (bits(shape) * span >> 32).astype(np.int64) + start

    backend = get_backend(device)
    shape = shape_of("randint", (size,))
    return Tensor(_on_host(backend, shape, kind, "randint", values), backend)


def randperm(n: int, *, dtype: Any = np.int64, device: Device = "cpu") -> Tensor:
    """The integers 0 to n - 1 in random order."""
    shape, backend = shape_of("randperm", (n,)), get_backend(device)
    array = _on_host(backend, shape, dtype_in("randperm", dtype), "randperm", permutation_values)
    return Tensor(array, backend)


def normal(
    mean: float, std: float, size: Any, *, dtype: Any = None, device: Device = "cpu"
) -> Tensor:
    """Normal values of the given mean and standard deviation.

    Raises:
        OptionError: a negative standard deviation.
    """
    shape, backend = shape_of("normal", (size,)), get_backend(device)
    values = _normal("normal", mean, std)
    return Tensor(_on_host(backend, shape, _float("normal", dtype), "normal", values), backend)


@method
def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Fill `x` with normal values, in place. Errors as `normal`, and GraphError in the graph."""
    return _fill("normal_", x, _normal("normal_", mean, std))


@method
def uniform_(x: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Fill `x` with values from low to below high, in place.

    Raises:
        OptionError: low above high.
        GraphError: x is in the graph.
    """
    if not low <= high:
        raise OptionError(
            "uniform_",
            expected="low <= high",
            received=f"low {low}, high {high}",
            remedy="exchange them",
        )
    return _fill(
        "uniform_", x, lambda shape, bits: low + (high - low) * uniform_values(shape, bits)
    )


def rand_like(input: Tensor, *, dtype: Any = None) -> Tensor:
    """As `rand`, with the shape, dtype and device of `input`."""
    return rand(input.shape, dtype=dtype or input.dtype, device=input.backend)


def randn_like(input: Tensor, *, dtype: Any = None) -> Tensor:
    """As `randn`, with the shape, dtype and device of `input`."""
    return randn(input.shape, dtype=dtype or input.dtype, device=input.backend)


@method
def bernoulli(input: Tensor) -> Tensor:
    """1 with the probability that `input` holds in its place, else 0; no gradient.

    Shapes: any. Dtypes: floats.
    """
    backend = backend_of("bernoulli", input)
    _float("bernoulli", input.dtype)
    chance = primitives.copy(backend, input.array, dtype=float32, order=order_of(input.array))
    drawn = _uniform(backend, input.shape, float32, "bernoulli")
    hit = pointwise(backend, "less", drawn, chance)
    return Tensor(
        primitives.copy(backend, hit, dtype=input.dtype, order=order_of(input.array)), backend
    )


# -- drawing -------------------------------------------------------------------------------------


def _uniform(backend: Backend, shape: Shape, dtype: Dtype, purpose: str) -> Array:
    clock, key, call = draw(purpose, backend)
    return primitives.uniform(
        backend, clock, shape=shape, order=rows(len(shape)), dtype=dtype, key=key, call=call
    )


def _on_host(backend: Backend, shape: Shape, dtype: Dtype, purpose: str, values: Values) -> Array:
    array = backend.empty(Spec(shape, dtype))
    draw_on_host(backend, array, purpose, values)
    return array


def _fill(operation: str, x: Tensor, values: Values) -> Tensor:
    _float(operation, x.dtype)
    require_outside_graph(operation, x)
    draw_on_host(x.backend, x.array, operation, values)
    return written(x)


def _normal(operation: str, mean: Number, std: Number) -> Values:
    if not std >= 0:
        raise OptionError(
            operation,
            expected="std of at least 0",
            received=f"std {std}",
            remedy="give the square root of the variance",
        )
    return lambda shape, bits: mean + std * normal_values(shape, bits)


def _float(operation: str, dtype: Any) -> Dtype:
    """A float dtype, the default one for None."""
    kind: Dtype = default_dtype if dtype is None else dtype_in(operation, dtype)
    if kind not in FLOATS:
        raise DtypeError(
            operation,
            expected=f"dtype {names(FLOATS)}",
            received=kind.name,
            remedy="use a float type and convert the result",
        )
    return kind


__all__ = [
    "bernoulli",
    "normal",
    "normal_",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "uniform_",
]
