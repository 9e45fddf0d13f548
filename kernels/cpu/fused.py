"""Kernels of fused calls: they take their operands by roles, as `dlcore/backend/fusion` says."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from dlcore.kernels.cpu import batch_norm, batch_norm_gradient, winograd
from dlcore.kernels.cpu.arrays import Array
from dlcore.kernels.cpu.batch_norm import Operand
from dlcore.kernels.cpu.conv import Geometry, Shape, convolve, is_depthwise, tile_of
from dlcore.kernels.cpu.launch import temporary
from dlcore.kernels.cpu.rows import in_rows, rows_of

Operands = dict[str, Array]
FLOAT = 4
TILE = (
    4  # of Winograd's algorithm, where the direct one is faster but can't do what is asked beside
)


def named(function: Callable[..., None]) -> Callable[..., None]:
    """A kernel of operands by role."""

    @wraps(function)
    def kernel(
        *arrays: Array, roles: tuple[str, ...], results: tuple[str, ...], **options: Any
    ) -> None:
        function(dict(zip((*roles, *results), arrays, strict=True)), **options)

    return kernel


def in_rows_by_roles(function: Callable[..., None]) -> Callable[..., None]:
    """A kernel of operands by role: images as rows of channels without gaps, copied if need be."""

    @wraps(function)
    def kernel(
        *arrays: Array, roles: tuple[str, ...], results: tuple[str, ...], **options: Any
    ) -> None:
        def with_rows(*rows: Array) -> None:
            function(dict(zip((*roles, *results), rows, strict=True)), **options)

        rows = [rows_of(array) if array.ndim > 1 else array for array in arrays]
        in_rows(with_rows, rows[: len(roles)], rows[len(roles) :])

    return kernel


def norm_of(of: Operands, prefix: str = "") -> tuple[Array, Array, Operand, Operand]:
    """Mean, variance, weight and bias whose roles begin with a prefix."""
    statistics = of[f"{prefix}mean"], of[f"{prefix}variance"]
    return *statistics, of.get(f"{prefix}weight"), of.get(f"{prefix}bias")


@in_rows_by_roles
def batch_statistics(of: Operands) -> None:
    x = of["x"]
    with temporary(batch_norm.LINES * x.shape[-1] * FLOAT) as lines:
        batch_norm.gather(x, None, None, of["mean"], of["variance"], 0.0, lines)


@in_rows_by_roles
def normalize(of: Operands, *, eps: float, relu: bool, other_eps: float = 0.0) -> None:
    x, y, other = of["x"], of["y"], of.get("other")
    size = batch_norm.LINES * x.shape[-1] * FLOAT
    with temporary(size) as lines, temporary(size) as other_lines:
        batch_norm.prepare(*norm_of(of), eps, lines)
        if "other_mean" in of:
            batch_norm.prepare(*norm_of(of, "other_"), other_eps, other_lines)
        else:
            other_lines = 0
        batch_norm.apply(x, lines, y, relu, other, other_lines)


@in_rows_by_roles
def norm_sums(of: Operands, *, mask: str, eps: float, other_eps: float = 0.0) -> None:
    dy, x, dz = of["dy"], of["x"], of.get("dz")
    size = batch_norm_gradient.LINES * x.shape[-1] * FLOAT
    sums, output = (of["dweight"], of["dbias"]), of.get("output")
    with temporary(size) as lines, temporary(size) as norm_lines:
        if mask == "norm":
            batch_norm.prepare(*norm_of(of), eps, norm_lines)
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


@in_rows_by_roles
def norm_apply(of: Operands, *, eps: float) -> None:
    dz, x, dx = of["dz"], of["x"], of["dx"]
    with temporary(batch_norm_gradient.LINES * x.shape[-1] * FLOAT) as lines:
        vectors = of["mean"], of["variance"], of.get("weight"), of["dweight"], of["dbias"]
        batch_norm_gradient.prepare(x.size // x.shape[-1], *vectors, eps, lines)
        batch_norm_gradient.apply(dz, x, None, of["mean"], dx, lines, True)


def can(what: str, y: Shape, kernel: Shape, geometry: Geometry) -> bool:
    """Whether a convolution with output y can do "relu", "statistics", "norm" or "backward" beside.

    Winograd's can do all of it, the direct ones ReLU.
    """
    if what == "relu" and not is_depthwise(kernel, geometry.groups):
        return True
    return tile_of(y, kernel, geometry) > 0


@named
def conv2d_fused(
    of: Operands, *, relu: bool, eps: float = 0.0, relu_input: bool = False, **geometry: Any
) -> None:
    x, kernel, bias, y = of["x"], of["kernel"], of.get("bias"), of["y"]
    tile = tile_of(y.shape, kernel.shape, Geometry(**geometry)) if y.size else 0
    if not tile and not {"norm_mean", "mean"} & of.keys():
        convolve(x, kernel, bias, y, Geometry(**geometry), relu=relu)
        return
    statistics = (of["mean"], of["variance"]) if "mean" in of else None
    winograd.forward(
        x,
        kernel,
        bias,
        y,
        padding=geometry["padding"],
        tile=tile or TILE,
        norm=_norm(of, eps, relu_input),
        statistics=statistics,
        relu=relu,
    )


@named
def conv2d_backward(
    of: Operands,
    *,
    mask: str,
    raw_eps: float = 0.0,
    eps: float = 0.0,
    relu_input: bool = False,
    before_eps: float = 0.0,
    other_eps: float = 0.0,
    **geometry: Any,
) -> None:
    dy, x, kernel = of["dy"], of["x"], of["kernel"]
    raw = None
    if "raw" in of:
        raw = winograd.NormGradient(
            of["raw"],
            of["raw_mean"],
            of["raw_variance"],
            of.get("raw_weight"),
            of["raw_dweight"],
            of["raw_dbias"],
            raw_eps,
        )
    sums = [
        winograd.NormSums(
            of[role],
            of[f"{role}_mean"],
            of[f"{role}_variance"],
            small,
            of[f"{prefix}dweight"],
            of[f"{prefix}dbias"],
        )
        for role, prefix, small in (("before", "", before_eps), ("other", "other_", other_eps))
        if role in of
    ]
    winograd.gradients(
        dy,
        x,
        kernel,
        of["dx"],
        of["dkernel"],
        padding=geometry["padding"],
        tile=tile_of(dy.shape, kernel.shape, Geometry(**geometry)) or TILE,
        dy_norm=raw,
        x_norm=_norm(of, eps, relu_input),
        add=of.get("skip"),
        mask=of.get("output"),
        mask_by_norm=mask == "norm",
        sums=sums,
    )


def _norm(of: Operands, eps: float, relu: bool) -> winograd.Norm | None:
    """The batch norm whose result the convolution reads, if there is one."""
    if "norm_mean" not in of:
        return None
    return winograd.Norm(*norm_of(of, "norm_"), eps, relu)
