"""Pooling refuses what doesn't fit; random windows against PyTorch."""

import numpy as np
import pytest

from dlcore.errors import DtypeError, IndexRangeError, OptionError, ShapeError, StaleError
from dlcore.ops import pool as ops
from dlcore.ops.unpool import max_unpool2d
from dlcore.tensors import tensor


def zeros(*shape, dtype=np.float32):
    return tensor(np.zeros(shape, dtype))


IMAGES, ROWS = zeros(1, 2, 4, 4), zeros(1, 2, 4)
PLACES = zeros(1, 2, 4, 4, dtype=np.int64)


@pytest.mark.parametrize(
    ("call", "kind", "expected", "received"),
    [
        (lambda: ops.max_pool2d(zeros(4, 4), 2), ShapeError, "N C H W or C H W", "(4, 4)"),
        (lambda: ops.max_pool1d(IMAGES, 2), ShapeError, "N C L or C L", "(1, 2, 4, 4)"),
        (lambda: ops.max_pool2d(IMAGES, 5), ShapeError, "the kernel's size, (5, 5)", "padding"),
        (lambda: ops.max_pool2d(IMAGES, 2, dilation=4), ShapeError, "dilation (4, 4)", "padding"),
        (lambda: ops.max_pool2d(zeros(1, 2, 0, 4), 1), ShapeError, "one pixel", "(1, 2, 0, 4)"),
        (lambda: ops.max_pool2d(IMAGES, 3, padding=2), OptionError, "half", "padding (2, 2)"),
        (lambda: ops.avg_pool2d(IMAGES, 2, padding=(0, 2)), OptionError, "half", "(0, 2)"),
        (
            lambda: ops.max_pool2d(zeros(1, 1, 1, 1), 2, padding=1, dilation=2),
            ShapeError,
            "one pixel in each window",
            "dilation (2, 2)",
        ),
        (lambda: ops.max_pool2d(IMAGES, 0), OptionError, "kernel_size of 1", "(0, 0)"),
        (lambda: ops.max_pool2d(IMAGES, 2, 0), OptionError, "stride of 1", "(0, 0)"),
        (lambda: ops.max_pool2d(IMAGES, 2, padding=-1), OptionError, "padding of 0", "(-1, -1)"),
        (lambda: ops.max_pool2d(IMAGES, 2, dilation=0), OptionError, "dilation of 1", "(0, 0)"),
        (lambda: ops.max_pool2d(IMAGES, (2, 2, 2)), OptionError, "two of them", "(2, 2, 2)"),
        (lambda: ops.max_pool1d(ROWS, (2, 2)), OptionError, "an integer", "(2, 2)"),
        (lambda: ops.avg_pool2d(IMAGES, 2, divisor_override=0), OptionError, "not zero", "0"),
        (lambda: ops.max_pool2d(zeros(1, 1, 2, 2, dtype=bool), 2), DtypeError, "int64", "bool"),
        (lambda: ops.avg_pool2d(PLACES, 2), DtypeError, "float32", "int64"),
        (lambda: ops.adaptive_avg_pool2d(PLACES, 2), DtypeError, "float32", "int64"),
        (lambda: ops.adaptive_avg_pool2d(IMAGES, (1, 2, 3)), OptionError, "two", "1, 2, 3"),
        (lambda: ops.adaptive_max_pool2d(IMAGES, -1), OptionError, "0 or more", "(-1, -1)"),
        (lambda: ops.adaptive_avg_pool2d(zeros(2, 0, 3), 1), ShapeError, "pixel", "(1, 2, 0, 3)"),
        (
            lambda: max_unpool2d(IMAGES, zeros(1, 1, 4, 4, dtype=np.int64), 2),
            ShapeError,
            "one shape",
            "(1, 1, 4",
        ),
        (lambda: max_unpool2d(IMAGES, IMAGES, 2), DtypeError, "int64", "float32"),
        (lambda: max_unpool2d(IMAGES, PLACES, -9), OptionError, "sizes that give", "pixels"),
        (lambda: ops.lp_pool2d(IMAGES, 0, 2), OptionError, "other than 0", "norm_type=0"),
        (
            lambda: max_unpool2d(IMAGES, PLACES, 1, output_size=(0, 4)),
            IndexRangeError,
            "indices from 0 to -1",
            "index 0",
        ),
        (
            lambda: max_unpool2d(IMAGES, PLACES + 64, 2),
            IndexRangeError,
            "0 to 63",
            "index 64",
        ),
        (
            lambda: max_unpool2d(IMAGES, PLACES - 1, 2),
            IndexRangeError,
            "0 to 63",
            "index -1",
        ),
    ],
)
def test_errors(call, kind, expected, received):
    with pytest.raises(kind) as caught:
        call()
    assert expected in caught.value.expected
    assert received in caught.value.received
    assert caught.value.remedy


def test_overlapping_unpooling_adds():
    x = tensor(np.array([[[[1.0, 2.0]]]]))
    y = max_unpool2d(x, zeros(1, 1, 1, 2, dtype=np.int64), 1)
    assert y.tolist() == [[[[3.0, 0.0]]]]


def test_changed_indices_are_noticed():
    """The indices that are handed out belong to the gradient, too."""
    x = tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    y, indices = ops.max_pool2d(x, 2, return_indices=True)
    indices.version.bump()
    with pytest.raises(StaleError):
        y.sum().backward()


def test_indices_changed_after_unpooling_are_noticed():
    x, indices = (
        tensor(np.ones((1, 1, 2, 2)), requires_grad=True),
        zeros(1, 1, 2, 2, dtype=np.int64),
    )
    y = max_unpool2d(x, indices, 2)
    indices.version.bump()
    with pytest.raises(StaleError):
        y.sum().backward()


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(200))
def test_random_windows_as_pytorch(seed):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    generator = np.random.default_rng(seed)
    axes = 1 + seed % 2
    kernel = tuple(int(k) for k in generator.integers(1, 5, axes))
    options = {
        "stride": tuple(int(s) for s in generator.integers(1, 5, axes)),
        "padding": tuple(int(generator.integers(0, k // 2 + 1)) for k in kernel),
        "ceil_mode": bool(generator.integers(2)),
    }
    largest = bool(generator.integers(2))
    name = f"{'max' if largest else 'avg'}_pool{axes}d"
    reach = kernel
    if largest:
        options["dilation"] = tuple(int(d) for d in generator.integers(1, 3, axes))
        options["return_indices"] = True
        reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, options["dilation"], strict=True))
    else:
        options["count_include_pad"] = bool(generator.integers(2))
        if axes == 2 and generator.integers(2):
            options["divisor_override"] = int(generator.integers(1, 9))
    shape = (*generator.integers(1, 4, 2), *(r + generator.integers(0, 9) for r in reach))
    x = generator.integers(-3, 4, shape) / 2 if seed % 3 else generator.standard_normal(shape)
    ours, theirs = tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y = getattr(ops, name)(ours, kernel, **options)
    expected = getattr(torch.nn.functional, name)(theirs, kernel, **options)
    if largest:
        (y, places), (expected, other) = y, expected
        np.testing.assert_array_equal(places.numpy(), other.numpy())
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-12)
    dy = generator.standard_normal(y.shape)
    y.backward(tensor(dy))
    expected.backward(torch.tensor(dy))
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12, atol=1e-12)
