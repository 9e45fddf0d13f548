"""Resizing: forward and backward. Signals are images of one row."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array
from dlcore.backend.interface.checks import require_option
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.operands import autocasted, backend_of
from dlcore.ops.pool import adaptive_avg_pool1d, adaptive_avg_pool2d
from dlcore.ops.window import Size, pair, view_of
from dlcore.tensors import Tensor

MODES = {
    1: {"nearest": "nearest", "nearest-exact": "nearest-exact", "linear": "linear", "area": ""},
    2: {"nearest": "nearest", "nearest-exact": "nearest-exact", "bilinear": "linear", "area": ""},
}
"""By number of axes: PyTorch's name of a mode, and the primitive's."""


def interpolate(
    input: Tensor,
    size: Size | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """`input` with its last one or two axes resized to `size`, or by `scale_factor`.

    Shapes: input: N C L or N C H W; the result: N C P or N C P Q.
    Dtypes: floats; float32 under autocast.

    >>> import dlcore as dl
    >>> from dlcore.ops.resize import interpolate
    >>> interpolate(dl.tensor([[[0.0, 1.0]]]), scale_factor=2, mode="linear")
    tensor([[[0.  , 0.25, 0.75, 1.  ]]])

    Args:
        size: lengths of the result.
        scale_factor: how many times larger, rounded down to whole pixels.
        mode: "nearest", "nearest-exact", "linear" (N C L), "bilinear" (N C H W), or "area", the
            average of the pixels under each.
        align_corners: for the linear modes: the outer pixels' centres stay where they are.
        recompute_scale_factor: use the ratio of the sizes instead of `scale_factor`.
        antialias: not available.

    Raises:
        ShapeError: another number of axes, or an image or result without pixels.
        OptionError: an unknown mode, both or none of size and scale_factor, options that the mode
            doesn't have.
        DtypeError: not a float.
    """
    (input,) = autocasted("interpolate", input)
    backend, axes = backend_of("interpolate", input), input.ndim - 2
    if axes not in MODES:
        raise ShapeError(
            "interpolate",
            expected="input with 3 or 4 axes (N C L or N C H W)",
            received=f"input of shape {input.shape}",
            remedy="reshape it, or add the missing axis with unsqueeze",
        )
    require_option("interpolate", "mode", mode, MODES[axes])
    _refuse(antialias, "antialias=False", "antialias=True", "use mode='area' to shrink")
    linear = MODES[axes][mode] == "linear"
    _refuse(
        align_corners is not None and not linear,
        "align_corners with the linear modes only",
        f"align_corners={align_corners} with mode {mode!r}",
        "leave it out",
    )
    _refuse(
        (size is None) == (scale_factor is None),
        "either size or scale_factor",
        f"size={size}, scale_factor={scale_factor}",
        "give one of them",
    )
    factors = _factors(scale_factor, axes)
    if size is None:
        size = [floor(n * f) for n, f in zip(input.shape[2:], factors, strict=True)]
    target = pair("interpolate", "size", size, axes, 1)
    if mode == "area":
        return (
            adaptive_avg_pool1d(input, target[1])
            if axes == 1
            else adaptive_avg_pool2d(input, target)
        )
    view = view_of("interpolate", input, axes)
    image = view.image(input.array)
    shape, method, aligned = image.shape, MODES[axes][mode], bool(align_corners)
    down, across = (None, None) if scale_factor is None else ((1.0,) * (2 - axes) + factors)
    scale = (None, None) if recompute_scale_factor else (down, across)
    y = primitives.resize(
        backend, image, size=target, mode=method, align_corners=aligned, scale=scale
    )

    def rule(dy: Array) -> Array:
        dx = primitives.resize_gradient(
            backend, view.image(dy), shape=shape, mode=method, align_corners=aligned, scale=scale
        )
        return view.back(dx)

    return result("interpolate", view.back(y), backend, (input, rule))


def upsample(
    input: Tensor,
    size: Size | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """An older name of `interpolate`."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def _factors(scale_factor: float | Sequence[float] | None, axes: int) -> tuple[float, ...]:
    """One factor for each axis."""
    if scale_factor is None:
        return ()
    several = isinstance(scale_factor, Sequence)
    factors = tuple(scale_factor) if isinstance(scale_factor, Sequence) else (scale_factor,) * axes
    _refuse(
        len(factors) != axes or min(factors) <= 0,
        f"a positive scale_factor{' for each of two axes' if several and axes == 2 else ''}",
        f"scale_factor={scale_factor}",
        "give one number, or one for each axis",
    )
    return tuple(float(factor) for factor in factors)


def _refuse(wrong: bool, expected: str, received: str, remedy: str) -> None:
    if wrong:
        raise OptionError("interpolate", expected=expected, received=received, remedy=remedy)
