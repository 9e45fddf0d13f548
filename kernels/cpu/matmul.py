"""The primitive of the product of matrices."""

from __future__ import annotations

from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.gemm import gemm


def matmul(a: Array, b: Array, bias: Array | None, y: Array, *, activation: str) -> None:
    gemm(a, b, y, bias=bias, relu=activation == "relu")
