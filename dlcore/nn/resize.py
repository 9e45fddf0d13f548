"""Layers that resize."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.nn.module import Module
from dlcore.ops.resize import interpolate
from dlcore.ops.window import Size
from dlcore.tensors import Tensor


class Upsample(Module):
    """Images or signals resized to `size` or by `scale_factor`; see `functional.interpolate`.

    Shapes: N C L to N C P, N C H W to N C P Q.

    >>> import dlcore as dl
    >>> Upsample(scale_factor=2)(dl.tensor([[[0.0, 1.0]]]))
    tensor([[[0., 0., 1., 1.]]])

    Args:
        size: lengths of the result.
        scale_factor: how many times larger.
        mode: "nearest", "nearest-exact", "linear", "bilinear" or "area".
        align_corners: for the linear modes: the outer pixels' centres stay where they are.
        recompute_scale_factor: use the ratio of the sizes instead of `scale_factor`.
    """

    def __init__(
        self,
        size: Size | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, x: Tensor) -> Tensor:
        return interpolate(
            x,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        target = (
            f"size={self.size}" if self.size is not None else f"scale_factor={self.scale_factor}"
        )
        return f"{target}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images enlarged by repeating pixels: `Upsample` with mode "nearest"."""

    def __init__(
        self, size: Size | None = None, scale_factor: float | Sequence[float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Images resized with the outer pixels' centres in place: bilinear, `align_corners=True`."""

    def __init__(
        self, size: Size | None = None, scale_factor: float | Sequence[float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)
