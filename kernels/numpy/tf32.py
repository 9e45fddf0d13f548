"""TensorFloat-32 on a processor: operands of products rounded to 10 mantissa bits.

Source: NVIDIA A100 Tensor Core GPU Architecture, 2020: 8 exponent bits, 10 mantissa bits, products
accumulated in fp32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# For each product, how many of its leading arrays are operands (the rest is bias).
OPERANDS = {"conv2d": 2, "conv2d_input_gradient": 2, "conv2d_weight_gradient": 2, "matmul": 2}


def round_tf32(x: Array) -> Array:
    """The nearest values with 10 mantissa bits, ties to even; NaN and Inf stay as they are."""
    bits = x.view(np.uint32)
    even = (bits >> np.uint32(13)) & np.uint32(1)
    rounded = (bits + np.uint32(0xFFF) + even) & np.uint32(0xFFFFE000)
    return np.where(np.isfinite(x), rounded.view(np.float32), x)


def rounded_operands(primitive: str, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arrays of a call with the 32-bit operands of a product rounded, all others untouched."""
    count = OPERANDS.get(primitive, 0)
    return tuple(
        round_tf32(array) if place < count and array.dtype == np.float32 else array
        for place, array in enumerate(arrays)
    )
