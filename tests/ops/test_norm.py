"""Normalisation refuses what doesn't fit, and says what would; random shapes against PyTorch."""

import numpy as np
import pytest

from dlcore.backend import get_backend
from dlcore.errors import DeviceError, DtypeError, OptionError, ShapeError
from dlcore.ops import norm as ops
from dlcore.ops import rms_norm as sizes
from dlcore.tensors import tensor


def zeros(*shape, dtype=np.float32, device="cpu"):
    return tensor(np.zeros(shape, dtype), device=device)


IMAGES, VECTOR = zeros(2, 4, 3, 3), zeros(4)


@pytest.mark.parametrize(
    ("call", "kind", "expected", "received"),
    [
        (
            lambda: ops.batch_norm(zeros(1, 4), None, None, training=True),
            ShapeError,
            "more than 1 value per channel",
            "(1, 4)",
        ),
        (
            lambda: ops.batch_norm(IMAGES, None, None, zeros(3), training=True),
            ShapeError,
            "weight of shape (4,)",
            "(3,)",
        ),
        (
            lambda: ops.batch_norm(IMAGES, zeros(3), zeros(3), training=True),
            ShapeError,
            "running_mean of shape (4,)",
            "(3,)",
        ),
        (lambda: ops.batch_norm(zeros(4), None, None, training=True), ShapeError, "N C", "(4,)"),
        (lambda: ops.batch_norm(IMAGES, None, None), OptionError, "running_mean", "None"),
        (
            lambda: ops.batch_norm(IMAGES, VECTOR, VECTOR, training=True, momentum=None),
            OptionError,
            "a momentum",
            "neither",
        ),
        (
            lambda: ops.batch_norm(zeros(2, 4, dtype=np.int64), None, None, training=True),
            DtypeError,
            "float32",
            "int64",
        ),
        (
            lambda: ops.batch_norm(IMAGES, None, None, zeros(4, dtype=np.float16), training=True),
            DtypeError,
            "float32",
            "float16",
        ),
        (
            lambda: ops.batch_norm(
                IMAGES, None, None, zeros(4, device=get_backend("meta")), training=True
            ),
            DeviceError,
            "one device",
            "meta",
        ),
        (lambda: ops.layer_norm(IMAGES, (4,)), ShapeError, "normalized_shape (4,)", "(2, 4, 3, 3)"),
        (
            lambda: ops.layer_norm(IMAGES, (3,), zeros(4)),
            ShapeError,
            "(3,)",
            "weight of shape (4,)",
        ),
        (lambda: ops.layer_norm(IMAGES, ()), ShapeError, "last axes", "(2, 4, 3, 3)"),
        (lambda: ops.group_norm(IMAGES, 3), ShapeError, "3 groups of equal size", "4 channels"),
        (lambda: ops.group_norm(zeros(1, 4), 4), ShapeError, "more than 1 value", "(1, 4)"),
        (lambda: ops.group_norm(IMAGES, 2, zeros(2)), ShapeError, "(4,)", "(2,)"),
        (lambda: ops.instance_norm(zeros(2, 4, 1, 1)), ShapeError, "more than 1", "(2, 4, 1, 1)"),
        (
            lambda: ops.instance_norm(IMAGES, use_input_stats=False),
            OptionError,
            "running_mean",
            "None",
        ),
        (lambda: ops.local_response_norm(zeros(2, 3), 2), ShapeError, "3 axes", "(2, 3)"),
        (lambda: ops.local_response_norm(IMAGES, 0), OptionError, "1 or more", "0"),
        (lambda: sizes.rms_norm(IMAGES, (4,)), ShapeError, "(4,)", "(2, 4, 3, 3)"),
    ],
)
def test_errors(call, kind, expected, received):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert expected in caught.value.expected
    assert received in caught.value.received
    assert caught.value.remedy


def test_weights_of_16_bits():
    """A 16-bit model's weights get 16-bit gradients."""
    x = tensor(np.array([[1, 2], [3, 5]], np.float16), requires_grad=True)
    weight = tensor(np.array([1, 2], np.float16), requires_grad=True)
    y = ops.batch_norm(x, None, None, weight, training=True, eps=0.0)
    seen = []
    weight.register_hook(lambda gradient: seen.append(gradient.dtype))
    y.backward(tensor(np.ones((2, 2), np.float16)))
    assert y.tolist() == [[-1, -2], [1, 2]]
    assert seen == [np.float16]


@pytest.mark.peer
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_default_eps_of_rms_norm(dtype):
    """Small values, so that eps counts."""
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    x = (1e-3 * np.random.default_rng(0).standard_normal((3, 8))).astype(dtype)
    expected = torch.nn.functional.rms_norm(torch.tensor(x), (8,))
    y = sizes.rms_norm(tensor(x), (8,))
    np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=2 * np.finfo(dtype).eps)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(100))
def test_random_norms_as_pytorch(seed):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    generator = np.random.default_rng(seed)
    groups = int(generator.integers(1, 5))
    channels = groups * int(generator.integers(1, 6))
    shape = (int(generator.integers(2, 5)), channels, *generator.integers(2, 7, seed % 3))
    x, dy = (generator.normal(3, 2, shape) for _ in range(2))
    weight, bias = (generator.standard_normal(channels) for _ in range(2))
    given, spread = generator.standard_normal(channels), generator.uniform(0.5, 2, channels)
    eps, momentum = 10.0 ** -int(generator.integers(1, 6)), float(generator.random())
    functions = torch.nn.functional

    def run(module, make, grad):
        leaves = [make(a, **grad) for a in (x, weight, bias)]
        running = [make(a) for a in (given, spread)]
        image, scale, shift = leaves
        kind = seed % 5
        if kind == 0:
            y = module.group_norm(image, groups, scale, shift, eps)
        elif kind in (1, 2):
            y = module.batch_norm(image, *running, scale, shift, kind == 1, momentum, eps)
        elif kind == 3 and image.ndim > 2:
            y = module.instance_norm(image, *running, scale, shift, True, momentum, eps)
        else:
            y = (
                module.layer_norm(image, shape[1:2], scale, shift, eps)
                if image.ndim == 2
                else (module.layer_norm(image, shape[2:], None, None, eps))
            )
        y.backward(make(dy))
        grads = [leaf.grad for leaf in leaves if leaf.grad is not None]
        return [y.detach(), *grads, *running]

    def torch_tensor(array, requires_grad=False):
        return torch.tensor(array, requires_grad=requires_grad)

    ours = run(ops, tensor, {"requires_grad": True})
    theirs = run(functions, torch_tensor, {"requires_grad": True})
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-9, atol=1e-10)
