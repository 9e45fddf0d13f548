"""Normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Dtype
from dlcore.errors import ShapeError
from dlcore.nn.init import parameter
from dlcore.nn.module import Buffer, Module, Parameter
from dlcore.ops import norm, rms_norm
from dlcore.promotion import default_dtype
from dlcore.tensors import Tensor, wrap


class _Tracked(Module):
    """Weight, bias and running statistics for each channel."""

    AXES: tuple[str, ...]  # the inputs it takes, in letters

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight: Parameter | None = None
        self.bias: Parameter | None = None
        self.running_mean: Buffer | None = None
        self.running_var: Buffer | None = None
        self.num_batches_tracked: Buffer | None = None
        if affine:
            self.weight = parameter((num_features,), "ones", device, dtype)
        if affine and bias:
            self.bias = parameter((num_features,), "zeros", device, dtype)
        if track_running_stats:
            backend, kind = get_backend(device), np.dtype(dtype or default_dtype)
            self.running_mean = Buffer(wrap(np.zeros(num_features, kind), backend))
            self.running_var = Buffer(wrap(np.ones(num_features, kind), backend))
            self.num_batches_tracked = Buffer(wrap(np.array(0, np.int64), backend))

    def reset_running_stats(self) -> None:
        """Forget all batches: mean 0, variance 1."""
        for buffer, value in (
            (self.running_mean, 0.0),
            (self.running_var, 1.0),
            (self.num_batches_tracked, 0),
        ):
            if buffer is not None:
                buffer.backend.write(buffer.array, np.full(buffer.shape, value))
                buffer.version.bump()

    def _require_axes(self, x: Tensor) -> None:
        if x.ndim not in [len(letters.split()) for letters in self.AXES]:
            raise ShapeError(
                type(self).__name__,
                expected=f"x with the axes {' or '.join(self.AXES)}",
                received=f"x of shape {x.shape}",
                remedy="use the layer for as many axes, or reshape",
            )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Tracked):
    def forward(self, x: Tensor) -> Tensor:
        self._require_axes(x)
        return norm.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self.momentum,
            self.eps,
            num_batches_tracked=self.num_batches_tracked,
        )


class BatchNorm2d(_BatchNorm):
    """(x - mean) / sqrt(variance + eps) * weight + bias for each channel of images.

    In training with the batch's statistics, which also move the running ones (a step that the loss
    scaler skips leaves them as they were); in evaluation with the running ones.

    Shapes: N C H W; weight, bias, running_mean, running_var: C. Dtypes: floats; parameters and
    statistics stay float32 beside 16-bit x.

    >>> import dlcore as dl
    >>> layer = BatchNorm2d(1, eps=0.0)
    >>> layer(dl.tensor([[[[1.0, 3.0]]]])), layer.running_mean
    (tensor([[[[-1.,  1.]]]], operation=batch_norm), tensor([0.2]))

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: how far a batch moves the running statistics; None for the average of all.
        affine: whether there are weight and bias; they start as ones and zeros.
        track_running_stats: False leaves them out, and the batch's are always used.
        bias: False leaves the bias out.

    Raises:
        ShapeError: another number of axes or channels, or a single value per channel in training.

    Source: Ioffe and Szegedy, Batch normalization, 2015 (arXiv 1502.03167), algorithm 1.
    """

    AXES = ("N C H W",)


class BatchNorm1d(_BatchNorm):
    """Batch norm of rows, N C, or signals, N C L; all else as `BatchNorm2d`."""

    AXES = ("N C", "N C L")


class _InstanceNorm(_Tracked):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        options = (affine, track_running_stats, device, dtype)
        super().__init__(num_features, eps, momentum, *options, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        self._require_axes(x)
        single = x.ndim == len(self.AXES[0].split())
        y = norm.instance_norm(
            x.unsqueeze(0) if single else x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self.momentum,
            self.eps,
            num_batches_tracked=self.num_batches_tracked,
        )
        return y.squeeze(0) if single else y


class InstanceNorm2d(_InstanceNorm):
    """(x - mean) / sqrt(variance + eps) for each channel of each image.

    Shapes: N C H W or C H W. Unlike batch norm it has no parameters and no running statistics
    unless asked for.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: how far the running statistics move, if there are any.
        affine: whether there are weight and bias.
        track_running_stats: keep running statistics, and use them in evaluation.

    Source: Ulyanov et al., Instance normalization, 2016 (arXiv 1607.08022).
    """

    AXES = ("C H W", "N C H W")


class InstanceNorm1d(_InstanceNorm):
    """Instance norm of signals, N C L or C L; all else as `InstanceNorm2d`."""

    AXES = ("C L", "N C L")


class LayerNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axes.

    Shapes: ... `normalized_shape`; weight, bias: `normalized_shape`.

    Args:
        normalized_shape: the lengths of these axes; a number for the last one alone.
        eps: added to the variance.
        elementwise_affine: whether there is a weight; it starts as ones.
        bias: whether there is a bias beside it; it starts as zeros.

    Source: Ba et al., Layer normalization, 2016 (arXiv 1607.06450).
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
    ) -> None:
        if isinstance(normalized_shape, int):
            normalized_shape = (normalized_shape,)
        self.normalized_shape = tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight: Parameter | None = None
        self.bias: Parameter | None = None
        if elementwise_affine:
            self.weight = parameter(self.normalized_shape, "ones", device, dtype)
        if elementwise_affine and bias:
            self.bias = parameter(self.normalized_shape, "zeros", device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return norm.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class RMSNorm(Module):
    """X / sqrt(mean(x^2) + eps) * weight over the last axes.

    Shapes: ... `normalized_shape`; weight: `normalized_shape`.

    Args:
        normalized_shape: the lengths of these axes; a number for the last one alone.
        eps: None for the distance from 1 to the next number of the dtype that computes.
        elementwise_affine: whether there is a weight; it starts as ones.

    Source: Zhang and Sennrich, Root mean square layer normalization, 2019 (arXiv 1910.07467).
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
    ) -> None:
        if isinstance(normalized_shape, int):
            normalized_shape = (normalized_shape,)
        self.normalized_shape = tuple(normalized_shape)
        self.eps = eps
        self.weight: Parameter | None = None
        if elementwise_affine:
            self.weight = parameter(self.normalized_shape, "ones", device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"


class GroupNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias over groups of channels of each sample.

    Shapes: N C ...; weight, bias: C.

    Args:
        num_groups: how many; C is a multiple.
        num_channels: C.
        eps: added to the variance.
        affine: whether there are weight and bias; they start as ones and zeros.
        bias: False leaves the bias out.

    Raises:
        ShapeError: C is not a multiple of the groups.

    Source: Wu and He, Group normalization, 2018 (arXiv 1803.08494).
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ShapeError(
                "GroupNorm",
                expected=f"num_channels to be a multiple of num_groups {num_groups}",
                received=f"num_channels {num_channels}",
                remedy="choose num_groups so that it divides the channels",
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.weight: Parameter | None = None
        self.bias: Parameter | None = None
        if affine:
            self.weight = parameter((num_channels,), "ones", device, dtype)
        if affine and bias:
            self.bias = parameter((num_channels,), "zeros", device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return norm.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}"


class LocalResponseNorm(Module):
    """X / (k + alpha * the average of x^2 over `size` neighbouring channels)^beta.

    Shapes: N C ..., three axes at least.

    Source: Krizhevsky et al., ImageNet classification with deep convolutional neural networks,
    2012, section 3.3, with alpha divided by size.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, x: Tensor) -> Tensor:
        return norm.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
