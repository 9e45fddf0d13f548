"""Pooling layers: no parameters, only options for `dlcore.nn.functional`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlcore.nn.module import Module
from dlcore.ops import pool, unpool
from dlcore.ops.pool import AdaptiveSize
from dlcore.ops.window import Size
from dlcore.tensors import Tensor


class MaxPool2d(Module):
    """The largest value of each window.

    Shapes: N C H W (or C H W) to N C P Q, P = floor((H + 2 padding - dilation (kernel - 1) - 1) /
    stride) + 1; with `ceil_mode` rounded up.

    >>> import dlcore as dl
    >>> MaxPool2d(2)(dl.tensor([[[1.0, 3.0], [2.0, 0.0]]]))
    tensor([[[3.]]])

    Args:
        stride: the kernel's size if None.
        padding: on all sides, never chosen.
        dilation: distance of a window's elements.
        return_indices: give (values, places) instead of values.
        ceil_mode: a last window may reach over the end.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, x: Tensor) -> Any:
        return pool.max_pool2d(x, *self._options())

    def _options(self) -> tuple[Any, ...]:
        shape = (self.kernel_size, self.stride, self.padding, self.dilation)
        return (*shape, self.ceil_mode, self.return_indices)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(MaxPool2d):
    """The largest value of each window along the last axis; N C L, else as `MaxPool2d`."""

    def forward(self, x: Tensor) -> Any:
        return pool.max_pool1d(x, *self._options())


class AvgPool2d(Module):
    """The average of each window.

    Shapes: N C H W (or C H W) to N C P Q, P = floor((H + 2 padding - kernel) / stride) + 1; with
    `ceil_mode` rounded up.

    Args:
        stride: the kernel's size if None.
        padding: zeros on all sides.
        ceil_mode: a last window may reach over the end.
        count_include_pad: divide by the window's area, padding counted; else by its pixels.
        divisor_override: divide by this number.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, x: Tensor) -> Tensor:
        return pool.avg_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(Module):
    """The average of each window along the last axis; N C L, else as `AvgPool2d`."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        shape = (self.kernel_size, self.stride, self.padding)
        return pool.avg_pool1d(x, *shape, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class LPPool2d(Module):
    """(sum of x^norm_type over each window)^(1 / norm_type); N C H W (or C H W) to N C P Q."""

    def __init__(
        self,
        norm_type: float,
        kernel_size: Size,
        stride: Size | None = None,
        ceil_mode: bool = False,
    ) -> None:
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        return pool.lp_pool2d(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(LPPool2d):
    """`LPPool2d` along the last axis; N C L (or C L) to N C P."""

    def forward(self, x: Tensor) -> Tensor:
        return pool.lp_pool1d(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class MaxUnpool2d(Module):
    """Values back to where max pooling found them, zero elsewhere; see `max_unpool2d`."""

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding

    def forward(
        self, x: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        shape = (self.kernel_size, self.stride, self.padding)
        return unpool.max_unpool2d(x, indices, *shape, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(MaxUnpool2d):
    """`MaxUnpool2d` along the last axis."""

    def forward(
        self, x: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        shape = (self.kernel_size, self.stride, self.padding)
        return unpool.max_unpool1d(x, indices, *shape, output_size)


class _Adaptive(Module):
    def __init__(self, output_size: AdaptiveSize) -> None:
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_Adaptive):
    """The average of each of `output_size` bins: N C H W (or C H W) to N C P Q; None keeps.

    Bin p covers rows floor(p H / P) to ceil((p + 1) H / P) - 1, and columns likewise.
    """

    def forward(self, x: Tensor) -> Tensor:
        return pool.adaptive_avg_pool2d(x, self.output_size)


class AdaptiveAvgPool1d(_Adaptive):
    """The average of each of `output_size` bins: N C L (or C L) to N C P."""

    def forward(self, x: Tensor) -> Tensor:
        return pool.adaptive_avg_pool1d(x, self.output_size)


class _AdaptiveMax(_Adaptive):
    def __init__(self, output_size: AdaptiveSize, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The largest of each of `output_size` bins: N C H W (or C H W) to N C P Q; None keeps."""

    def forward(self, x: Tensor) -> Any:
        return pool.adaptive_max_pool2d(x, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMax):
    """The largest of each of `output_size` bins: N C L (or C L) to N C P."""

    def forward(self, x: Tensor) -> Any:
        return pool.adaptive_max_pool1d(x, self.output_size, self.return_indices)
