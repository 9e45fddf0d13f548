"""Layers without parameters pass their options on, under PyTorch's names and in its order."""

import numpy as np
import pytest

from dlcore.nn import functional as F
from dlcore.nn import pad, pool, resize
from dlcore.tensors import tensor

X = np.random.default_rng(0).standard_normal((2, 3, 7, 8))

LAYERS = [
    (
        pool.MaxPool2d(3, 2, 1, 2, False, True),
        lambda x: F.max_pool2d(x, 3, stride=2, padding=1, dilation=2, ceil_mode=True),
    ),
    (pool.MaxPool2d(2, return_indices=True), lambda x: F.max_pool2d(x, 2, return_indices=True)),
    (
        pool.AvgPool2d((2, 3), 2, (1, 1), True, False),
        lambda x: F.avg_pool2d(
            x, (2, 3), stride=2, padding=1, ceil_mode=True, count_include_pad=False
        ),
    ),
    (
        pool.AvgPool2d(2, divisor_override=3),
        lambda x: F.avg_pool2d(x, 2, divisor_override=3),
    ),
    (pool.AdaptiveAvgPool2d((3, None)), lambda x: F.adaptive_avg_pool2d(x, (3, 8))),
    (pool.AdaptiveMaxPool2d(2, True), lambda x: F.adaptive_max_pool2d(x, 2, return_indices=True)),
    (resize.Upsample((3, 4), mode="bilinear"), lambda x: F.interpolate(x, (3, 4), mode="bilinear")),
    (
        resize.Upsample(None, 1.3, "bilinear", True, True),
        lambda x: F.interpolate(x, (9, 10), mode="bilinear", align_corners=True),
    ),
    (pad.ZeroPad2d((1, 2, 3, 0)), lambda x: F.pad(x, (1, 2, 3, 0))),
    (pad.ConstantPad2d(1, 2.5), lambda x: F.pad(x, (1, 1, 1, 1), value=2.5)),
    (pad.ReflectionPad2d(2), lambda x: F.pad(x, (2, 2, 2, 2), "reflect")),
    (pad.ReplicationPad2d((1, 0, 0, 2)), lambda x: F.pad(x, (1, 0, 0, 2), "replicate")),
    (pad.CircularPad2d(1), lambda x: F.pad(x, (1, 1, 1, 1), "circular")),
]
ROWS = [
    (
        pool.MaxPool1d(3, 2, 1, 2, False, True),
        lambda x: F.max_pool1d(x, 3, stride=2, padding=1, dilation=2, ceil_mode=True),
    ),
    (
        pool.AvgPool1d(3, 2, 1, True, False),
        lambda x: F.avg_pool1d(x, 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
    ),
    (pool.AdaptiveAvgPool1d(3), lambda x: F.adaptive_avg_pool1d(x, 3)),
    (pool.AdaptiveMaxPool1d(3, True), lambda x: F.adaptive_max_pool1d(x, 3, return_indices=True)),
]


@pytest.mark.parametrize(
    ("layer", "function", "values"),
    [(*pair, X) for pair in LAYERS] + [(*pair, X[:, :, 0]) for pair in ROWS],
    ids=[repr(layer) for layer, _ in LAYERS + ROWS],
)
def test_layer_is_its_function(layer, function, values):
    x = tensor(values)
    ours, expected = layer(x), function(x)
    if not isinstance(ours, tuple):
        ours, expected = (ours,), (expected,)
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert not list(layer.parameters())
