"""3x3 convolution of stride 1 and its gradients by Winograd's minimal filtering.

The transforms and their source are in `winograd_matrices`, `winograd_tiles` says how transformed
tiles lie in memory, and `winograd_cut` what is done at a time. Then three things happen to tiles:
they are read into planes (`winograd_load`), the planes are multiplied by those of the weights
(`winograd_products`), and the products are written back as tiles (`winograd_store`), all of that by
`winograd_convolution` and `winograd_gradients`.

All numbers between reading and writing are float32. The transforms add and subtract neighbours, so
a NaN or an infinity reaches all outputs of its tile, and rounding errors are some ten times those
of sums, for tiles of 4x4.

Letters: N images, C channels in, O out, H W and P Q pixels. Arrays are N C H W in shape; the fast
path is channels-last memory, others are copied. A batch norm beside the convolution can be done on
the way: rounding is where it would be without, only the order of long sums differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import prod
from typing import NamedTuple

from dlcore.kernels.cpu import batch_norm, batch_norm_gradient
from dlcore.kernels.cpu.arrays import Array, address
from dlcore.kernels.cpu.batch_norm import Operand
from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.winograd_convolution import convolve
from dlcore.kernels.cpu.winograd_cut import cut
from dlcore.kernels.cpu.winograd_finish import (
    BY_NORM,
    BY_OUTPUT,
    STATISTICS,
    SUMS,
    UNMASKED,
    Slopes,
)
from dlcore.kernels.cpu.winograd_gradients import backpropagate
from dlcore.kernels.cpu.winograd_load import AS_IT_IS, GRADIENT, NORM, RELU, Source
from dlcore.kernels.cpu.winograd_products import ROWS
from dlcore.kernels.cpu.winograd_statistics import statistics as merge
from dlcore.kernels.cpu.winograd_tiles import LANES, vectors
from dlcore.kernels.cpu.winograd_weights import for_inputs, for_outputs, gradient, weight_bytes
from dlcore.kernels.cpu.winograd_work import FLOAT, Work
from dlcore.kernels.geometry import Padding, Pair

LARGE = 1 << 24  # bytes of transformed weights that caches don't hold


class Norm(NamedTuple):
    """A batch norm whose result is the convolution's input: relu((x - mean) / deviation ...).

    Attributes:
        mean, variance: C, float32.
        weight, bias: C, float32 or as x; None for 1 and 0.
        relu: whether ReLU follows.
    """

    mean: Array
    variance: Array
    weight: Operand
    bias: Operand
    eps: float
    relu: bool = False


class NormGradient(NamedTuple):
    """A batch norm of the convolution's output: dy is its gradient, of which only dz is there.

    Attributes:
        x: the convolution's output, which it normalised.
        mean, variance, weight, eps: as in `Norm`, for O channels.
        dweight, dbias: O, float32, gradients of weight and bias.
    """

    x: Array
    mean: Array
    variance: Array
    weight: Operand
    dweight: Array
    dbias: Array
    eps: float


class NormSums(NamedTuple):
    """A batch norm before the convolution, for which gradients are summed up.

    Attributes:
        x: what it normalised.
        mean, variance, eps: as in `Norm`.
        dweight, dbias: C, float32, to be filled.
    """

    x: Array
    mean: Array
    variance: Array
    eps: float
    dweight: Array
    dbias: Array


def suits(kernel: Pair, *, stride: Pair, padding: Padding, dilation: Pair, groups: int) -> bool:
    """Whether these kernels compute such a convolution: 3x3, one group, padding of at most 2."""
    ones = stride == dilation == (1, 1) and groups == 1
    return ones and kernel == (3, 3) and max(map(max, padding)) <= 2


@cache
def tile_for(images: int, size: Pair, channels: int, outputs: int) -> int:
    """The tile with which a convolution is fastest, 4 or 2, or 0 if the direct algorithm is.

    Args:
        size: of the output.
    """
    across, weights = vectors(outputs), channels * vectors(outputs)
    # Multiply-adds of vectors, and what else takes as long as how many of them, as measured.
    costs = {0: 9 * weights * (1.05 * images * prod(size) + 30)}
    for tile in (2, 4):
        planes, tiles = (tile + 2) ** 2, images * prod(-(-n // tile) for n in size)
        rows = -(-tiles // ROWS) * ROWS
        padded = vectors(channels) * LANES * across
        transforms = tiles * (6 * vectors(channels) + 5 * across)
        large = weight_bytes(outputs, channels, tile) > LARGE
        costs[tile] = planes * (rows * padded + transforms + (40 if large else 20) * padded)
    return min(costs, key=lambda tile: costs[tile])


def forward(
    x: Array,
    weight: Array,
    bias: Operand,
    y: Array,
    *,
    padding: Padding,
    tile: int,
    norm: Norm | None = None,
    statistics: tuple[Array, Array] | None = None,
    relu: bool = False,
) -> None:
    """Y = norm(x) * weight (+ bias, then ReLU); the contract is `conv2d`'s.

    Args:
        norm: of x, which is rounded to x's dtype; the padding stays 0.
        statistics: mean and biased variance of y's channels, float32, to be filled.

    Shapes: x N C H W, weight O C 3 3, bias O, y N O P Q.
    """
    outputs, channels = weight.shape[:2]
    (top, _), (left, _) = padding
    with Work() as work:
        source, taps, out = work.read(x), work.read(weight), work.write(y)
        u = work.weights(outputs, channels, tile)
        for_outputs(address(taps), outputs, channels, x.dtype.name, tile, u)
        of_x, add, sums = _normalised(work, norm, channels), work.wide(bias), 0
        blocks = cut(*out.shape[:3], channels, outputs, tile).block_count
        if statistics is not None:
            sums = work.floats(blocks * STATISTICS * outputs)
        convolve(
            source, out, u, top=top, left=left, tile=tile, of_x=of_x, bias=add, relu=relu, sums=sums
        )
        if statistics is not None:
            merge(sums, blocks, outputs, *(address(work.write(array)) for array in statistics))


def input_gradient(dy: Array, weight: Array, dx: Array, *, padding: Padding, tile: int) -> None:
    """The gradient of `forward` for x; the contract is `conv2d_input_gradient`'s."""
    outputs, channels = weight.shape[:2]
    (top, _), (left, _) = padding
    with Work() as work:
        source, taps, out = work.read(dy), work.read(weight), work.write(dx)
        u = work.weights(outputs, channels, tile)
        for_inputs(address(taps), outputs, channels, dy.dtype.name, tile, u)
        convolve(source, out, u, top=2 - top, left=2 - left, tile=tile)


def weight_gradient(x: Array, dy: Array, dweight: Array, *, padding: Padding, tile: int) -> None:
    """The gradient of `forward` for weight; the contract is `conv2d_weight_gradient`'s."""
    outputs, channels = dweight.shape[:2]
    (top, _), (left, _) = padding
    with Work() as work:
        slopes, source, out = work.read(dy), work.read(x), work.write(dweight)
        total = work.weights(outputs, channels, tile)
        backpropagate(slopes, source, None, 0, total, top=2 - top, left=2 - left, tile=tile)
        gradient(total, outputs, channels, x.dtype.name, tile, address(out))


def gradients(
    dy: Array,
    x: Array,
    weight: Array,
    dx: Array,
    dweight: Array,
    *,
    padding: Padding,
    tile: int,
    dy_norm: NormGradient | None = None,
    x_norm: Norm | None = None,
    add: Operand = None,
    mask: Operand = None,
    mask_by_norm: bool = False,
    sums: Sequence[NormSums] = (),
) -> None:
    """Both gradients, for little more than one of them costs.

    Args:
        dy_norm: dy is the gradient of this norm's result; that of its input takes dy's place.
        x_norm: the convolution's input was this norm of x.
        add: is added to dx, each rounded to its dtype.
        mask: an array like dx, which is 0 where this isn't positive.
        mask_by_norm: dx is 0 where norm(x) isn't positive.
        sums: at most two norms, for which dx is summed up.
    """
    outputs, channels = weight.shape[:2]
    (top, _), (left, _) = padding
    with Work() as work:
        slopes, source, taps = work.read(dy), work.read(x), work.read(weight)
        out, dtaps = work.write(dx), work.write(dweight)
        u, total = (work.weights(outputs, channels, tile) for _ in range(2))
        for_inputs(address(taps), outputs, channels, x.dtype.name, tile, u)
        of_dy, of_x = _of_norm(work, dy_norm, slopes), _normalised(work, x_norm, channels)
        blocks = cut(*out.shape[:3], channels, outputs, tile).block_count
        places = [work.floats(blocks * SUMS * channels) for _ in sums]
        options = _slopes(work, out, source, of_x, add, mask, mask_by_norm, sums, places)
        backpropagate(
            slopes, source, out, u, total, top=2 - top, left=2 - left, tile=tile, of_dy=of_dy,
            of_x=of_x, slopes=options,
        )  # fmt: skip
        gradient(total, outputs, channels, x.dtype.name, tile, address(dtaps))
        for norm, place in zip(sums, places, strict=True):
            _finish(work, norm, place, blocks, prod(out.shape[:3]))


def _normalised(work: Work, norm: Norm | None, channels: int) -> Source:
    """What norm makes of what is read."""
    if norm is None:
        return AS_IT_IS
    statistics = work.vector(norm.mean), work.vector(norm.variance)
    lines = work.floats(batch_norm.LINES * channels)
    batch_norm.prepare(
        *statistics, work.vector(norm.weight), work.vector(norm.bias), norm.eps, lines
    )
    return Source(RELU if norm.relu else NORM, lines)


def _of_norm(work: Work, norm: NormGradient | None, dz: Array) -> Source:
    """What the gradient of norm makes of dz, N P Q O."""
    if norm is None:
        return AS_IT_IS
    statistics = work.vector(norm.mean), work.vector(norm.variance)
    sums = work.vector(norm.dweight), work.vector(norm.dbias)
    lines = work.floats(batch_norm_gradient.LINES * dz.shape[3])
    batch_norm_gradient.prepare(
        prod(dz.shape[:3]), *statistics, work.vector(norm.weight), *sums, norm.eps, lines
    )
    return Source(GRADIENT, lines, other=address(work.read(norm.x)) - address(dz))


def _slopes(
    work: Work,
    dx: Array,
    x: Array,
    of_x: Source,
    add: Operand,
    mask: Operand,
    mask_by_norm: bool,
    sums: Sequence[NormSums],
    places: Sequence[int],
) -> Slopes:
    """What becomes of dx, N H W C."""

    def away(array: Operand) -> int:
        return 0 if array is None else address(work.read(array)) - address(dx)

    kind = BY_NORM if mask_by_norm else UNMASKED if mask is None else BY_OUTPUT
    output = address(x) - address(dx) if mask_by_norm else away(mask)
    norms = [
        (away(norm.x), address(work.vector(norm.mean)), place)
        for norm, place in zip(sums, places, strict=True)
    ]
    one, two = [*norms, (0, 0, 0), (0, 0, 0)][:2]
    line = dx.shape[3] * FLOAT
    added = int(add is not None)
    return Slopes(added, away(add), kind, output, of_x.lines, len(norms), *one, *two, line)


def _finish(work: Work, norm: NormSums, place: int, blocks: int, count: int) -> None:
    """Gradients of a norm's weight and bias from the blocks' sums over `count` pixels."""
    channels = norm.mean.size
    mean, variance = work.vector(norm.mean), work.vector(norm.variance)
    dweight, dbias = work.write(norm.dweight), work.write(norm.dbias)
    plan = batch_norm_gradient.Finish(
        place, blocks, count, channels, address(mean), address(variance), 0, address(dweight),
        address(dbias), work.floats(batch_norm_gradient.LINES * channels), norm.eps,
    )  # fmt: skip
    kernel = batch_norm_gradient.finishing(mean.dtype.name, variance.dtype.name, "")
    run(kernel, -(-channels // batch_norm.CHANNELS), plan)
