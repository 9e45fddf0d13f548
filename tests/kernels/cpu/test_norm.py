"""Normalisation against the NumPy kernels; what is fused against its parts."""

import os
import platform
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import norm
from dlcore.kernels.cpu.launch import Script, taping
from dlcore.kernels.cpu.pointwise import pointwise
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.kernels.numpy import norm as by_numpy

SLOW = pytest.mark.slow  # as bfloat16, with other conversions
DTYPES = (np.float32, ml_dtypes.bfloat16, pytest.param(np.float16, marks=SLOW))
SHAPES = [(2, 16, 9, 7), (3, 5, 4, 4), (37, 33), (2, 19, 11), (4, 70, 3, 1, 2)]


def channels_last(x):
    order = (0, *range(2, x.ndim), 1)
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))


def arrays(shape, dtype, count, spread=1.0, far=0.0):
    generator = np.random.default_rng(1)
    x = generator.standard_normal((count, *shape)) * spread + far
    return [channels_last(one.astype(dtype)) for one in x]


def vectors(channels, count):
    return list(np.random.default_rng(2).uniform(0.5, 2, (count, channels)).astype(np.float32))


def close(actual, expected, digits=1e-5):
    finest = float(ml_dtypes.finfo(actual.dtype).eps)
    np.testing.assert_allclose(
        actual.astype(np.float64), expected.astype(np.float64), max(digits, finest), digits
    )


def both(name, reads, writes, **attributes):
    """A kernel's outputs, taped and replayed, and NumPy's."""
    expected = [np.zeros_like(y) for y in writes]
    with np.errstate(all="ignore"):
        getattr(by_numpy, name)(*reads, *expected, **attributes)
    with taping() as tape:
        getattr(norm, name)(*reads, *writes, **attributes)
    first = [y.copy() for y in writes]
    assert tape.complete
    for y in writes:
        y[...] = 99
    Script(tape.launches).run()
    for y, once in zip(writes, first, strict=True):
        np.testing.assert_array_equal(y, once)
    return writes, expected


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm(shape, dtype):
    (x,), (weight, bias, mean, variance) = arrays(shape, dtype, 1), vectors(shape[1], 4)
    for w, b in ((weight, bias), (weight.astype(dtype), None)):
        results = both("batch_norm", [x, w, b], [np.empty_like(x), mean, variance], eps=1e-5)
        for actual, expected in zip(*results, strict=True):
            close(actual, expected)
    results = both(
        "batch_norm_inference", [x, mean, variance, weight, bias], [np.empty_like(x)], eps=1e-5
    )
    close(results[0][0], results[1][0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_gradient(shape, dtype, training):
    (x, dy), (mean, variance, weight, dw, db) = arrays(shape, dtype, 2), vectors(shape[1], 5)
    for w in (weight, None):
        reads = [dy, x, mean, variance, w]
        writes = [np.empty_like(x), dw, db]
        results = both("batch_norm_gradient", reads, writes, eps=1e-5, training=training)
        for actual, expected in zip(*results, strict=True):
            close(actual, expected, 4e-5)


def test_mean_far_from_zero():
    (x,), (mean, variance) = arrays((4, 8, 40, 50), np.float32, 1, far=1000.0), vectors(8, 2)
    y = np.empty_like(x)
    norm.batch_norm(x, None, None, y, mean, variance, eps=0.0)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean((0, 2, 3)), 1e-7)
    np.testing.assert_allclose(variance, exact.var((0, 2, 3)), 5e-6)


@pytest.mark.parametrize("place", [0, 777])
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_nonfinite(place, poison):
    (x,), (mean, variance) = arrays((4, 8, 6, 5), np.float32, 1), vectors(8, 2)
    x.transpose(0, 2, 3, 1).reshape(-1)[place] = poison
    (y, *actual), (z, *expected) = both(
        "batch_norm", [x, None, None], [x.copy(), mean, variance], eps=1e-5
    )
    for one, other in zip((y, *actual), (z, *expected), strict=True):
        close(one, other)
    assert np.isnan(y).any()


@pytest.mark.parametrize("shape", [(2, 16, 6, 7), (4, 12)])
def test_any_strides(shape):
    (x,), (weight, bias) = arrays(shape, np.float32, 1), vectors(2 * shape[1], 2)
    x, w, b = np.ascontiguousarray(x), weight[::2], bias[1::2]
    y, statistics = np.zeros((*shape, 2), np.float32), np.zeros((2, shape[1], 3), np.float32)
    outputs = [y[..., 1], *statistics[..., 1]]
    both("batch_norm", [x, w, b], outputs, eps=1e-5)
    expected = [np.empty(shape, np.float32), *np.empty((2, shape[1]), np.float32)]
    by_numpy.batch_norm(x, w, b, *expected, eps=1e-5)
    for actual, other in zip(outputs, expected, strict=True):
        close(actual, other)
    assert not y[..., 0].any()
    assert not statistics[..., 2].any()


def test_threads_give_the_same_bits():
    (x, dy), (weight, bias) = arrays((4, 24, 50, 60), np.float32, 2), vectors(24, 2)
    results = []
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            outputs = [np.empty_like(x), *vectors(24, 2)]
            norm.batch_norm(x, weight, bias, *outputs, eps=1e-5)
            backward = [np.empty_like(x), *vectors(24, 2)]
            norm.batch_norm_gradient(
                dy, x, *outputs[1:], weight, *backward, eps=1e-5, training=True
            )
            results.append(outputs + backward)
        finally:
            set_thread_count(None)
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("junction", ["plain", "add", "norm"])
def test_fused_forward_has_the_bits_of_its_parts(dtype, junction):
    (x, other), v = arrays((2, 20, 5, 5), dtype, 2), vectors(20, 8)
    expected, second = np.empty_like(x), other.copy()
    norm.batch_norm_inference(x, *v[:4], expected, eps=1e-3)
    if junction == "norm":
        norm.batch_norm_inference(other, *v[4:], second, eps=1e-3)
    if junction != "plain":
        pointwise(expected, second, expected, rule="add", parameters=())
    pointwise(expected, expected, rule="relu", parameters=())
    y = np.empty_like(x)
    add = None if junction == "plain" else other
    add_norm = norm.Norm(*v[4:]) if junction == "norm" else None
    norm.normalise(x, *v[:4], y, eps=1e-3, relu=True, add=add, add_norm=add_norm)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("keep", [True, False])
def test_fused_gradient_has_the_bits_of_its_parts(keep):
    (x, dz, out), (mean, variance, weight) = arrays((2, 20, 5, 5), np.float32, 3), vectors(20, 3)
    masked, dx, dw, db = np.empty_like(x), np.empty_like(x), *vectors(20, 2)
    pointwise(dz, out, masked, rule="relu_gradient", parameters=())
    options = {"eps": 1e-3, "training": True}
    norm.batch_norm_gradient(masked, x, mean, variance, weight, dx, dw, db, **options)
    fused, kept = [np.empty_like(x), *vectors(20, 2)], np.empty_like(x) if keep else None
    norm.batch_norm_gradient(dz, x, mean, variance, weight, *fused, **options, out=out, kept=kept)
    for actual, expected in zip(fused, (dx, dw, db), strict=True):
        np.testing.assert_array_equal(actual, expected)
    if keep:
        np.testing.assert_array_equal(kept, masked)


@pytest.mark.parametrize("momentum", [0.1, 1.0, None])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_running_statistics(momentum, dtype):
    mean, variance, *running = vectors(19, 4)
    running = [x.astype(dtype) for x in running]
    reads = [*running, mean, variance, np.array(7) if momentum is None else None]
    outputs = [np.empty_like(x) for x in running]
    results = both("running_statistics", reads, outputs, momentum=momentum, count=12)
    for actual, expected in zip(*results, strict=True):
        close(actual, expected, 1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "groups"), [((3, 24, 5, 3), 4), ((2, 5, 4), 5), ((70, 900), 1), ((2, 70, 3, 3), 2)]
)
def test_group_norm(shape, groups, dtype):
    (x, dy), (weight, bias) = arrays(shape, dtype, 2), vectors(shape[1], 2)
    mean, variance = np.empty((2, shape[0], groups), np.float32)
    options = {"groups": groups, "eps": 1e-5}
    for w, b in ((weight.astype(dtype), bias), (None, None)):
        reads, writes = [x, w, b], [np.empty_like(x), mean, variance]
        for actual, expected in zip(*both("group_norm", reads, writes, **options), strict=True):
            close(actual, expected)
        reads, writes = [dy, x, mean, variance, w], [np.empty_like(x), *vectors(shape[1], 2)]
        results = both("group_norm_gradient", reads, writes, **options)
        for actual, expected in zip(*results, strict=True):
            close(actual, expected, 4e-5)


OTHER_LANES = """
import numpy as np
from dlcore.kernels.cpu import norm, reduce
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pointwise import pointwise
from dlcore.kernels.numpy import norm as by_numpy
x, y, z = np.random.default_rng(0).standard_normal((3, 5, 21, 3, 4)).astype(np.float32)
w, b, m, v = np.random.default_rng(0).random((4, 21)).astype(np.float32)
norm.batch_norm(x, w, b, y, m, v, eps=1e-5)
by_numpy.batch_norm(x, w, b, z, m.copy(), v.copy(), eps=1e-5)
np.testing.assert_allclose(y, z, 1e-5, 1e-5)
reduce.reduce(x, m, rule="sum", axes=(0, 2, 3), keepdims=False)
np.testing.assert_allclose(m, x.sum((0, 2, 3)), 1e-5, 1e-5)
pointwise(x, y, z, rule="add", parameters=())
np.testing.assert_array_equal(z, x + y)
print(host().lanes)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lanes", "name", "features"),
    [("8", "haswell", "+avx2,+avx,+fma,+f16c,+sse4.2,+popcnt"), ("4", "x86-64", "+sse2")],
)
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names x86's features")
def test_shorter_vectors(lanes, name, features):
    environment = os.environ | {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
    result = subprocess.run(
        [sys.executable, "-c", OTHER_LANES], env=environment, capture_output=True, text=True
    )
    assert result.stderr == ""
    assert result.stdout.strip() == lanes
