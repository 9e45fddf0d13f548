"""Normalisation: forward and backward; in formulas x is the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from dlcore.autograd import result, shared
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, Shape
from dlcore.backend.record import note
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.copy import in_shape
from dlcore.ops.operands import autocasted, backend_of
from dlcore.tensors import Tensor
from dlcore.transaction import keep


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
    *,
    num_batches_tracked: Tensor | None = None,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias for each channel.

    Training normalises with the batch's mean and biased variance, and moves the running ones
    toward the batch's mean and unbiased variance, in place. Otherwise the running ones are used.

    Shapes: input and the result: N C ...; all others C, num_batches_tracked ().
    Dtypes: floats; statistics float32 (float64 for float64), also beside 16-bit input; weight
    and bias have input's dtype or that of the statistics.

    >>> import dlcore as dl
    >>> from dlcore.ops.norm import batch_norm
    >>> batch_norm(dl.tensor([[1.0], [3.0]]), None, None, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])

    Args:
        momentum: how far the running statistics go; None for the average of all batches.
        eps: added to the variance.
        num_batches_tracked: counted up in training; needed where momentum is None.

    Raises:
        ShapeError: a single value per channel in training, or vectors that are not C.
        DtypeError: not floats, or dtypes that don't fit.
        OptionError: no running statistics outside of training, no momentum and no count.

    Source: Ioffe and Szegedy, Batch normalization, 2015 (arXiv 1502.03167), algorithm 1.
    """
    if not training:
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    backend = backend_of("batch_norm", input, optional=(weight, bias, running_mean, running_var))
    array, scale = input.array, _array(weight)
    y, average, variance = primitives.batch_norm(backend, array, scale, _array(bias), eps=eps)
    if running_mean is not None and running_var is not None and input.numel():
        count = input.numel() // input.shape[1]
        update_running(
            running_mean, running_var, num_batches_tracked, average, variance, momentum, count
        )

    def gradients(dy: Array) -> tuple[Array, Array, Array]:
        return primitives.batch_norm_gradient(
            backend, dy, array, average, variance, scale, eps=eps, training=True
        )

    return _result("batch_norm", y, input, weight, bias, gradients)


def update_running(
    running_mean: Tensor,
    running_var: Tensor,
    num_batches_tracked: Tensor | None,
    average: Array,
    variance: Array,
    momentum: float | None,
    count: int,
) -> None:
    """Move running statistics toward those of a batch of `count` values per channel, in place.

    The write belongs to the step: one that the loss scaler skips takes it back.
    """
    backend = running_mean.backend
    batches = None if num_batches_tracked is None else num_batches_tracked.array
    written = [t for t in (running_mean, running_var, num_batches_tracked) if t is not None]
    for tensor in written:
        keep(tensor)
    if batches is not None:
        primitives.pointwise.into(backend, batches, batches, rule="add_number", parameters=(1,))
    arrays = (running_mean.array, running_var.array)
    primitives.running_statistics.into(
        backend, arrays, *arrays, average, variance, batches, momentum=momentum, count=count
    )
    for tensor in written:
        note(tensor.version.bump)


def layer_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axes.

    Shapes: input and the result: ... `normalized_shape`; weight, bias: `normalized_shape`.
    Dtypes: as `batch_norm`; float32 under autocast.

    >>> import dlcore as dl
    >>> from dlcore.ops.norm import layer_norm
    >>> layer_norm(dl.tensor([[1.0, 3.0], [0.0, 8.0]]), (2,), eps=0.0)
    tensor([[-1.,  1.],
            [-1.,  1.]])

    Raises:
        ShapeError: the last axes are not `normalized_shape`, nor weight's and bias' axes.
        DtypeError: not floats, or dtypes that don't fit.

    Source: Ba et al., Layer normalization, 2016 (arXiv 1607.06450).
    """
    input, weight, bias = autocasted("layer_norm", input, weight, bias)
    backend, shape = backend_of("layer_norm", input, optional=(weight, bias)), input.shape
    normal = normalized_axes("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    length = prod(normal)
    matrix = (prod(shape[: input.ndim - len(normal)]), length)
    flat, scale, shift = (
        in_shape(backend, input.array, matrix),
        _array(weight, length),
        _array(bias, length),
    )
    y, average, variance = primitives.group_norm(backend, flat, scale, shift, groups=1, eps=eps)

    def gradients(dy: Array) -> tuple[Array, Array, Array]:
        dx, dweight, dbias = primitives.group_norm_gradient(
            backend,
            in_shape(backend, dy, matrix),
            flat,
            average,
            variance,
            scale,
            groups=1,
            eps=eps,
        )
        return backend.reshape(dx, shape), dweight, dbias

    return _result("layer_norm", backend.reshape(y, shape), input, weight, bias, gradients)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over groups of channels of each sample.

    Shapes: input and the result: N C ...; weight, bias: C. Dtypes: as `layer_norm`.

    Raises:
        ShapeError: C is not a multiple of `num_groups`, vectors that are not C, a single value.
        DtypeError: not floats, or dtypes that don't fit.

    Source: Wu and He, Group normalization, 2018 (arXiv 1803.08494).
    """
    input, weight, bias = autocasted("group_norm", input, weight, bias)
    if input.ndim > 1 and input.numel() == num_groups:
        raise ShapeError(
            "group_norm",
            expected="more than 1 value per group",
            received=f"input of shape {input.shape} in {num_groups} groups",
            remedy="use fewer groups, or a larger image or batch",
        )
    return _by_group("group_norm", input, num_groups, weight, bias, eps)[0]


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
    *,
    num_batches_tracked: Tensor | None = None,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias for each channel of each sample.

    Running statistics, where given, move toward the samples' average; they are used instead of
    the input's where `use_input_stats` is False.

    Shapes, dtypes: as `batch_norm`.

    Raises:
        ShapeError: a single value per channel and sample, or vectors that are not C.
        DtypeError, OptionError: as `batch_norm`.

    Source: Ulyanov et al., Instance normalization, 2016 (arXiv 1607.08022).
    """
    if not use_input_stats:
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    backend = backend_of("instance_norm", input, optional=(weight, bias, running_mean, running_var))
    pixels = prod(input.shape[2:])
    if input.ndim < 2 or pixels == 1:
        raise ShapeError(
            "instance_norm",
            expected="more than 1 value per channel and sample (N C L or N C H W)",
            received=f"input of shape {input.shape}",
            remedy="use larger images, or batch_norm",
        )
    y, averages, variances = _by_group("instance_norm", input, input.shape[1], weight, bias, eps)
    if running_mean is not None and running_var is not None and input.numel():
        average, variance = (
            primitives.reduce(backend, values, rule="mean", axes=(0,), keepdims=False)
            for values in (averages, variances)
        )
        update_running(
            running_mean, running_var, num_batches_tracked, average, variance, momentum, pixels
        )
    return y


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """X / (k + alpha * the average of x^2 over `size` neighbouring channels)^beta.

    Channels beyond the first and last count as zeros.

    Shapes: input and the result: N C ..., three axes at least. Dtypes: floats; float32 under
    autocast.

    Raises:
        ShapeError: fewer axes.
        OptionError: size below 1.
        DtypeError: not a float.

    Source: Krizhevsky et al., ImageNet classification with deep convolutional neural networks,
    2012, section 3.3, with alpha divided by size.
    """
    (input,) = autocasted("local_response_norm", input)
    backend, array = backend_of("local_response_norm", input), input.array
    if input.ndim < 3:
        raise ShapeError(
            "local_response_norm",
            expected="input with at least 3 axes (N C ...)",
            received=f"input of shape {input.shape}",
            remedy="reshape it, or add the missing axis with unsqueeze",
        )
    y = primitives.local_response_norm(backend, array, size=size, alpha=alpha, beta=beta, k=k)

    def rule(dy: Array) -> Array:
        return primitives.local_response_norm_gradient(
            backend, dy, array, size=size, alpha=alpha, beta=beta, k=k
        )

    return result("local_response_norm", y, backend, (input, rule), saved=[input])


# -- what they share -------------------------------------------------------------------------


def _by_running(
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    if running_mean is None or running_var is None:
        raise OptionError(
            "batch_norm",
            expected="running_mean and running_var outside of training",
            received="None",
            remedy="give both, or use the batch's statistics with training=True",
        )
    backend = backend_of("batch_norm", x, running_mean, running_var, optional=(weight, bias))
    array = x.array
    average, variance = running_mean.array, running_var.array
    scale, shift = _array(weight), _array(bias)
    y = primitives.batch_norm_inference(backend, array, average, variance, scale, shift, eps=eps)

    def gradients(dy: Array) -> tuple[Array, Array, Array]:
        return primitives.batch_norm_gradient(
            backend, dy, array, average, variance, scale, eps=eps, training=False
        )

    given = (running_mean, running_var)
    return _result("batch_norm", y, x, weight, bias, gradients, given)


def _by_group(
    operation: str, x: Tensor, groups: int, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Array, Array]:
    """The result, and the means and variances of the groups."""
    backend, array = backend_of(operation, x, optional=(weight, bias)), x.array
    scale, shift = _array(weight), _array(bias)
    y, average, variance = primitives.group_norm(
        backend, array, scale, shift, groups=groups, eps=eps
    )

    def gradients(dy: Array) -> tuple[Array, Array, Array]:
        return primitives.group_norm_gradient(
            backend, dy, array, average, variance, scale, groups=groups, eps=eps
        )

    return _result(operation, y, x, weight, bias, gradients), average, variance


def _result(
    operation: str,
    y: Array,
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    gradients: Callable[[Array], tuple[Array, Array, Array]],
    given: Sequence[Tensor] = (),
) -> Tensor:
    """The output; `gradients` reads x, weight and the `given` tensors."""
    backend = x.backend
    kinds = [None if vector is None else (vector.dtype, vector.shape) for vector in (weight, bias)]

    def rounded(dy: Array) -> tuple[Array, ...]:
        dx, *vectors = gradients(dy)
        for place, (vector, kind) in enumerate(zip(vectors, kinds, strict=True)):
            if kind is not None:
                dtype, shape = kind
                if vector.dtype != dtype:
                    vector = primitives.copy(backend, vector, dtype=dtype, order=(0,))
                vectors[place] = in_shape(backend, vector, shape)
        return dx, *vectors

    rules = shared(rounded)
    inputs = ((x, rules[0]), (weight, rules[1]), (bias, rules[2]))
    saved = [x, *given] if weight is None else [x, *given, weight]
    return result(operation, y, backend, *inputs, saved=saved)


def _array(tensor: Tensor | None, *shape: int) -> Array | None:
    """A tensor's array, with another shape if one is given."""
    if tensor is None:
        return None
    return in_shape(tensor.backend, tensor.array, shape) if shape else tensor.array


def normalized_axes(
    operation: str, x: Tensor, normalized_shape: int | Sequence[int], **vectors: Tensor | None
) -> Shape:
    """The last axes that are normalised, checked."""
    if isinstance(normalized_shape, int):
        normalized_shape = (normalized_shape,)
    normal = tuple(normalized_shape)
    shapes = {name: vector.shape for name, vector in vectors.items() if vector is not None}
    if (
        not normal
        or x.shape[-len(normal) :] != normal
        or any(shape != normal for shape in shapes.values())
    ):
        listed = "".join(f", {name} of shape {shape}" for name, shape in shapes.items())
        raise ShapeError(
            operation,
            expected=f"the last axes of x, and weight and bias, to be normalized_shape {normal}",
            received=f"x of shape {x.shape}{listed}",
            remedy="build the layer with the input's last axes",
        )
    return normal
