"""Channels and pixels that change places: forward and backward.

The memory of results is channels last, as of everything that resizes images.
"""

from __future__ import annotations

from math import prod

from dlcore.errors import OptionError, ShapeError
from dlcore.ops.shape import permute, reshape
from dlcore.tensors import Tensor


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels laid out as pixels: r² channels become one, r times as high and as wide.

    Shapes: input: (..., C r r, H, W); the result: (..., C, H r, W r).

    >>> import dlcore as dl
    >>> from dlcore.nn.functional import pixel_shuffle
    >>> pixel_shuffle(dl.tensor([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]), 2)
    tensor([[[1., 2.],
             [3., 4.]]])

    Raises:
        ShapeError: channels that are no multiple of r², or fewer than 3 axes.
        OptionError: a factor below 1.

    Source: Shi et al., Real-Time Single Image and Video Super-Resolution, 2016 (arXiv 1609.05158).
    """
    r = upscale_factor
    batch, (c, h, w) = _image("pixel_shuffle", input, r)
    _require_multiple("pixel_shuffle", input, c, r * r, "channels")
    x = permute(reshape(input, (-1, c, h, w)), (0, 2, 3, 1))
    x = permute(reshape(x, (prod(batch), h, w, c // (r * r), r, r)), (0, 1, 4, 2, 5, 3))
    x = permute(reshape(x, (prod(batch), h * r, w * r, c // (r * r))), (0, 3, 1, 2))
    return _with_batch(x, batch)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """The inverse of `pixel_shuffle`: squares of r² pixels laid out as channels.

    Shapes: input: (..., C, H r, W r); the result: (..., C r r, H, W).

    Raises:
        ShapeError: lengths that are no multiple of r, or fewer than 3 axes.
        OptionError: a factor below 1.
    """
    r = downscale_factor
    batch, (c, h, w) = _image("pixel_unshuffle", input, r)
    _require_multiple("pixel_unshuffle", input, h, r, "rows")
    _require_multiple("pixel_unshuffle", input, w, r, "columns")
    x = permute(reshape(input, (-1, c, h, w)), (0, 2, 3, 1))
    x = permute(reshape(x, (prod(batch), h // r, r, w // r, r, c)), (0, 1, 3, 5, 2, 4))
    x = permute(reshape(x, (prod(batch), h // r, w // r, c * r * r)), (0, 3, 1, 2))
    return _with_batch(x, batch)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels in the order in which `groups` groups of them are dealt out, one from each in turn.

    Shapes: input and the result: (N, C, ...), C a multiple of the groups.

    Raises:
        ShapeError: it is no multiple, or there are fewer than 3 axes.
        OptionError: fewer than one group.

    Source: Zhang et al., ShuffleNet, 2017 (arXiv 1707.01083), section 3.1.
    """
    _image("channel_shuffle", input, groups)
    n, c, *lengths = input.shape
    _require_multiple("channel_shuffle", input, c, groups, "channels")
    axes = range(1, 1 + len(lengths))
    x = permute(input, (0, *(axis + 1 for axis in axes), 1))
    x = reshape(x, (n, *lengths, groups, c // groups)).transpose(-2, -1)
    return permute(reshape(x, (n, *lengths, c)), (0, len(lengths) + 1, *axes))


def _image(operation: str, x: Tensor, factor: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The lengths in front of channels and pixels, and theirs."""
    if factor < 1:
        raise OptionError(
            operation,
            expected="a number of at least 1",
            received=str(factor),
            remedy="choose a larger one",
        )
    if x.ndim < 3:
        raise ShapeError(
            operation,
            expected="an input with at least 3 axes",
            received=f"shape {x.shape}",
            remedy="add the missing axis with unsqueeze",
        )
    return x.shape[:-3], x.shape[-3:]


def _with_batch(x: Tensor, batch: tuple[int, ...]) -> Tensor:
    return x if len(batch) == 1 else reshape(x, (*batch, *x.shape[1:]))


def _require_multiple(operation: str, x: Tensor, length: int, factor: int, what: str) -> None:
    if length % factor:
        raise ShapeError(
            operation,
            expected=f"{what} that are a multiple of {factor}",
            received=f"{length} for shape {x.shape}",
            remedy="choose another factor, or more of them",
        )
