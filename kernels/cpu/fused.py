"""Kernels of fused calls: they take their operands by roles, as `dlcore/backend/fusion` says."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from dlcore.kernels.cpu import batch_norm, batch_norm_gradient
from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.launch import temporary
from dlcore.kernels.cpu.rows import in_rows, rows_of

Operands = dict[str, Array]
FLOAT = 4


def by_roles(function: Callable[..., None]) -> Callable[..., None]:
    """A kernel of operands by role: images as rows of channels without gaps, copied if need be."""

    @wraps(function)
    def kernel(
        *arrays: Array, roles: tuple[str, ...], results: tuple[str, ...], **options: Any
    ) -> None:
        def named(*rows: Array) -> None:
            function(dict(zip((*roles, *results), rows, strict=True)), **options)

        rows = [rows_of(array) if array.ndim > 1 else array for array in arrays]
        in_rows(named, rows[: len(roles)], rows[len(roles) :])

    return kernel


def norm_of(of: Operands, prefix: str = "") -> list[Array | None]:
    """Mean, variance, weight and bias whose roles begin with a prefix."""
    return [of.get(f"{prefix}{part}") for part in ("mean", "variance", "weight", "bias")]


@by_roles
def batch_statistics(of: Operands) -> None:
    x = of["x"]
    with temporary(batch_norm.LINES * x.shape[-1] * FLOAT) as lines:
        batch_norm.gather(x, None, None, of["mean"], of["variance"], 0.0, lines)


@by_roles
def normalize(of: Operands, *, eps: float, relu: bool, other_eps: float = 0.0) -> None:
    x, y, other = of["x"], of["y"], of.get("other")
    size = batch_norm.LINES * x.shape[-1] * FLOAT
    with temporary(size) as lines, temporary(size) as other_lines:
        batch_norm.prepare(*norm_of(of), eps, lines)  # type: ignore[arg-type]
        if "other_mean" in of:
            batch_norm.prepare(*norm_of(of, "other_"), other_eps, other_lines)  # type: ignore[arg-type]
        else:
            other_lines = 0
        batch_norm.apply(x, lines, y, relu, other, other_lines)


@by_roles
def norm_sums(of: Operands, *, mask: str, eps: float, other_eps: float = 0.0) -> None:
    dy, x, dz = of["dy"], of["x"], of.get("dz")
    size = batch_norm_gradient.LINES * x.shape[-1] * FLOAT
    sums, output = (of["dweight"], of["dbias"]), of.get("output")
    with temporary(size) as lines, temporary(size) as norm_lines:
        if mask == "norm":
            batch_norm.prepare(*norm_of(of), eps, norm_lines)  # type: ignore[arg-type]
        else:
            norm_lines = 0
        statistics = of["mean"], of["variance"], None
        batch_norm_gradient.sum_up(dy, x, output, *statistics, dz, *sums, eps, lines, norm_lines)
        if "other" in of:
            statistics = of["other_mean"], of["other_variance"], None
            sums, other = (of["other_dweight"], of["other_dbias"]), of["other"]
            masked = dy if dz is None else dz
            batch_norm_gradient.sum_up(
                masked, other, None, *statistics, None, *sums, other_eps, lines
            )


@by_roles
def norm_apply(of: Operands, *, eps: float) -> None:
    dz, x, dx = of["dz"], of["x"], of["dx"]
    with temporary(batch_norm_gradient.LINES * x.shape[-1] * FLOAT) as lines:
        vectors = of["mean"], of["variance"], of.get("weight"), of["dweight"], of["dbias"]
        batch_norm_gradient.prepare(x.size // x.shape[-1], *vectors, eps, lines)
        batch_norm_gradient.apply(dz, x, None, of["mean"], dx, lines, True)
