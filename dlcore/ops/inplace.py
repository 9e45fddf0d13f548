"""What every operation that writes into a tensor has to ask and to note."""

from __future__ import annotations

from dlcore.autograd import is_grad_enabled
from dlcore.errors import GraphError
from dlcore.tensor import Tensor


def require_outside_graph(operation: str, x: Tensor, *values: object) -> None:
    """Refuse to write where a gradient would have to know of it.

    Raises:
        GraphError: x, or a tensor written into it, requires a gradient.
    """
    tensors = [value for value in (x, *values) if isinstance(value, Tensor)]
    if is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        raise GraphError(
            operation,
            expected="tensors that require no gradient, as results are written in place",
            received=f"a tensor of shape {x.shape}, and a gradient is required",
            remedy="do it under dl.no_grad(), or use an operation that makes a new tensor",
        )


def written(x: Tensor) -> Tensor:
    """Note that the memory of `x` has changed."""
    x.version.count += 1
    return x
