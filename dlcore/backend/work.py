"""How much a launch computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from dlcore.backend.base import Call

MULTIPLY_ADDS: Mapping[str, Callable[..., int]] = {
    # by primitive, from its arrays and outputs
    "matmul": lambda a, b, bias, y: y.size * a.shape[-1],
    "conv2d": lambda x, weight, bias, y: y.size * prod(weight.shape[1:]),
    "conv2d_input_gradient": lambda dy, weight, dx: dy.size * prod(weight.shape[1:]),
    "conv2d_weight_gradient": lambda x, dy, dweight: dy.size * prod(dweight.shape[1:]),
}
"""As the literature counts them: the products within sums of convolutions and matrix products.

Products with zeros of the padding count, biases don't. All other primitives do a few operations
for each element and count as none.
"""


def multiply_adds(call: Call) -> int:
    """The multiply-adds of one launch."""
    count = MULTIPLY_ADDS.get(call.primitive.name)
    return count(*call.arrays, *call.outputs) if count else 0
