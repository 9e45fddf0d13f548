"""The product of matrices: y = f(a b + bias), in BLAS for floats."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide


def matmul(a: Array, b: Array, bias: Array | None, y: Array, *, activation: str) -> None:
    # NumPy has no BLAS for 16 bits: products of converted operands are a hundred times faster.
    a, b = wide(a), wide(b)
    product = np.matmul(a, b, out=y) if a.dtype == y.dtype else np.matmul(a, b)
    if bias is not None:
        product += wide(bias)
    if activation == "relu":
        np.maximum(product, 0, out=product)
    if product is not y:
        y[...] = product
