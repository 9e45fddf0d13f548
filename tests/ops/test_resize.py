"""Resizing refuses what doesn't fit; random sizes against PyTorch."""

import numpy as np
import pytest

from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.ops.resize import interpolate
from dlcore.precision import autocast
from dlcore.tensors import tensor


def zeros(*shape, dtype=np.float32):
    return tensor(np.zeros(shape, dtype))


IMAGES = zeros(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("call", "kind", "expected", "received"),
    [
        (lambda: interpolate(zeros(3, 4), 2), ShapeError, "N C L", "(3, 4)"),
        (lambda: interpolate(zeros(1, 2, 0, 4), 2), ShapeError, "one pixel", "(1, 2, 0, 4)"),
        (lambda: interpolate(IMAGES, scale_factor=0.1), ShapeError, "one pixel", "(0, 0)"),
        (lambda: interpolate(IMAGES), OptionError, "either size", "size=None"),
        (lambda: interpolate(IMAGES, 2, 2), OptionError, "either size", "size=2"),
        (lambda: interpolate(IMAGES, 2, mode="linear"), OptionError, "bilinear", "'linear'"),
        (lambda: interpolate(IMAGES, 2, mode="bicubic"), OptionError, "bilinear", "'bicubic'"),
        (lambda: interpolate(IMAGES, 2, align_corners=True), OptionError, "linear", "nearest"),
        (lambda: interpolate(IMAGES, 2, antialias=True), OptionError, "False", "antialias=True"),
        (lambda: interpolate(IMAGES, (2, 3, 4)), OptionError, "two of them", "(2, 3, 4)"),
        (lambda: interpolate(IMAGES, scale_factor=-1), OptionError, "positive", "-1"),
        (lambda: interpolate(IMAGES, scale_factor=(2, 2, 2)), OptionError, "two axes", "(2, 2, 2)"),
        (lambda: interpolate(zeros(1, 1, 2, 2, dtype=np.int64), 2), DtypeError, "float", "int64"),
    ],
)
def test_errors(call, kind, expected, received):
    with pytest.raises(kind) as caught:
        call()
    assert expected in caught.value.expected
    assert received in caught.value.received
    assert caught.value.remedy


def test_autocast_resizes_in_32_bits():
    with autocast("float16"):
        assert interpolate(zeros(1, 1, 2, 2, dtype=np.float16), 4).dtype == np.float32


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(100))
def test_random_sizes_as_pytorch(seed):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    generator = np.random.default_rng(seed)
    signals = seed % 4 == 3
    axes = 1 if signals else 2
    shape = (2, 3, *(int(n) for n in generator.integers(1, 60, axes)))
    linear = "linear" if signals else "bilinear"
    mode = (linear, "nearest", "nearest-exact", "area")[generator.integers(4)]
    options = {"mode": mode}
    if mode == linear:
        options["align_corners"] = bool(generator.integers(2))
    if generator.integers(2):
        options["size"] = tuple(int(n) for n in generator.integers(1, 60, axes))
    else:
        factors = (max(1.01 / n, generator.uniform(0.2, 3)) for n in shape[2:])
        options["scale_factor"] = tuple(float(factor) for factor in factors)
        options["recompute_scale_factor"] = bool(generator.integers(2))
    x = generator.standard_normal(shape)
    ours, theirs = tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = interpolate(ours, **options), torch.nn.functional.interpolate(theirs, **options)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=0, atol=1e-12)
    dy = generator.standard_normal(y.shape)
    y.backward(tensor(dy))
    expected.backward(torch.tensor(dy))
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=0, atol=1e-10)
