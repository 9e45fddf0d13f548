"""Convolutions of random configurations: a few against the oracle, many against PyTorch."""

import numpy as np
import pytest

from dlcore.backend import get_backend
from dlcore.backend.interface import PRIMITIVES
from dlcore.kernels.geometry import extent, transposed_size
from dlcore.nn import functional
from dlcore.tensors import tensor
from tests.conformance.case import assert_close
from tests.oracle import conv as oracle

BACKEND = get_backend("cpu")
EPS = {"float64": 2.0**-52, "float32": 2.0**-23}


def draw(generator, axes, symmetric=False):
    """Shapes of input and weight, and options, such that the kernel fits."""

    def some(low, high):
        return tuple(int(number) for number in generator.integers(low, high + 1, axes))

    groups = int(generator.choice([1, 1, 1, 2, 3]))
    inputs, outputs = (int(count) for count in generator.integers(1, 4, 2))
    kernel, stride, dilation, before = some(1, 4), some(1, 3), some(1, 3), some(0, 3)
    after = before if symmetric else some(0, 3)
    padding = tuple(zip(before, after, strict=True))
    size = tuple(
        max(1, extent(k, gap) - sum(pad)) + more
        for k, gap, pad, more in zip(kernel, dilation, padding, some(0, 5), strict=True)
    )
    x = (int(generator.integers(1, 4)), inputs * groups, *size)
    weight = (outputs * groups, inputs, *kernel)
    return x, weight, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def draw_call(generator, axes, transposed):
    """Shapes and options as PyTorch takes them; a transposed convolution that leaves something."""
    while True:
        x, weight, options = draw(generator, axes, symmetric=True)
        padding = options["padding"]
        options["padding"] = tuple(pad for pad, _ in padding)
        if not transposed:
            return x, weight, options
        x = (x[0], weight[0], *x[2:])
        extra = tuple(int(generator.integers(step)) for step in options["stride"])
        options["output_padding"] = extra
        measures = (x[2:], weight[2:], options["stride"], padding, options["dilation"], extra)
        if min(map(transposed_size, *measures)) > 0:
            return x, weight, options


@pytest.mark.parametrize("seed", range(40))
def test_primitives_equal_the_oracle(seed):
    generator = np.random.default_rng(seed)
    x_shape, weight_shape, options = draw(generator, 2)
    x, weight = generator.standard_normal(x_shape), generator.standard_normal(weight_shape)
    bias = generator.standard_normal(weight_shape[0])
    y = oracle.conv2d(x, weight, bias, **options)
    dy = generator.standard_normal(y.shape)
    for name, arrays, more in (
        ("conv2d", (x, weight, bias), {}),
        ("conv2d_input_gradient", (dy, weight), {"size": x_shape[2:]}),
        ("conv2d_weight_gradient", (x, dy), {"kernel": weight_shape[2:]}),
    ):
        for dtype in EPS:
            given = [array.astype(dtype) for array in arrays]
            exact = [array.astype(float) for array in given]
            expected = getattr(oracle, name)(*exact, **options, **more)
            placed = [BACKEND.upload(array) for array in given]
            actual = PRIMITIVES[name](BACKEND, *placed, **options, **more)
            assert_close(BACKEND.download(actual), expected, reduction=dy.size)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(300))
def test_operations_equal_pytorch(seed):
    """Values and all gradients, in float64 and float32; each seed is one of the four functions."""
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    generator = np.random.default_rng(1000 + seed)
    axes, transposed = 1 + seed % 2, seed // 2 % 2 == 1
    name = f"conv_transpose{axes}d" if transposed else f"conv{axes}d"
    x, weight, options = draw_call(generator, axes, transposed)
    arrays = [generator.standard_normal(shape) for shape in (x, weight)]
    if generator.random() < 0.5:
        outputs = weight[1] * options["groups"] if transposed else weight[0]
        arrays.append(generator.standard_normal(outputs))
    for dtype, eps in EPS.items():
        ours = [tensor(a.astype(dtype), requires_grad=True) for a in arrays]
        theirs = [torch.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
        output = getattr(functional, name)(*ours, **options)
        expected = getattr(torch.nn.functional, name)(*theirs, **options)
        assert output.shape == tuple(expected.shape)
        dy = generator.standard_normal(output.shape).astype(dtype)
        output.backward(tensor(dy))
        expected.backward(torch.tensor(dy))
        compared = [(output.detach(), expected.detach())]
        compared += [(one.grad, other.grad) for one, other in zip(ours, theirs, strict=True)]
        for one, other in compared:
            np.testing.assert_allclose(
                one.numpy(), other.numpy(), rtol=64 * eps, atol=64 * eps * max(1, dy.size) ** 0.5
            )
