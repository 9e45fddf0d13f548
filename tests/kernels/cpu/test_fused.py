"""Fused kernels against compositions of plain ones."""

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import fused
from tests.backend.composed import COMPOSED

DTYPES = [np.float32, np.float16, ml_dtypes.bfloat16]
TOLERANCE = {"float32": 1e-5, "float16": 4e-3, "bfloat16": 3e-2}


class Images:
    """Random channels-last operands."""

    def __init__(self, seed, dtype):
        self.generator, self.dtype = np.random.default_rng(seed), np.dtype(dtype)
        self.shape = (3, int(self.generator.integers(1, 40)), 5, 6)

    def image(self, scale=1.0, offset=0.0):
        batch, channels, *size = self.shape
        values = self.generator.standard_normal((batch, *size, channels)) * scale + offset
        return values.astype(self.dtype).transpose(0, 3, 1, 2)

    def vector(self, low, high):
        return self.generator.uniform(low, high, self.shape[1]).astype(np.float32)

    def norm(self, prefix=""):
        return {
            f"{prefix}mean": self.vector(-1, 1),
            f"{prefix}variance": self.vector(0.5, 2),
            f"{prefix}weight": self.vector(0.5, 2),
            f"{prefix}bias": self.vector(-1, 1),
        }


def compare(name, given, results, **options):
    """Both kernels fill equal results, whatever the memory order."""
    compare_once(name, given, results, **options)
    rows = {role: np.ascontiguousarray(array) for role, array in given.items()}
    compare_once(name, rows, results, **options)


def compare_once(name, given, results, **options):
    filled = []
    for kernel in (getattr(fused, name), COMPOSED[name]):
        outputs = [np.empty_like(like) for like in results.values()]
        roles = {"roles": tuple(given), "results": tuple(results)}
        kernel(*given.values(), *outputs, **roles, **options)
        filled.append(outputs)
    for role, ours, expected in zip(results, *filled, strict=True):
        expected = expected.astype(np.float64)
        allowed = TOLERANCE[ours.dtype.name] * max(1.0, np.abs(expected).max(initial=0.0))
        np.testing.assert_allclose(ours.astype(np.float64), expected, atol=allowed, err_msg=role)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
def test_batch_statistics(seed, dtype):
    images = Images(seed, dtype)
    x = images.image(offset=30.0)
    compare(
        "batch_statistics", {"x": x}, {"mean": images.vector(0, 1), "variance": images.vector(0, 1)}
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("other", ["none", "added", "normalized"])
@pytest.mark.parametrize("relu", [False, True])
def test_normalize(dtype, other, relu):
    images = Images(5, dtype)
    given = {"x": images.image(), **images.norm()}
    options = {"eps": 1e-5, "relu": relu}
    if other != "none":
        given["other"] = images.image()
    if other == "normalized":
        given |= images.norm("other_")
        options["other_eps"] = 1e-3
    compare("normalize", given, {"y": given["x"]}, **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mask", ["none", "output", "norm"])
@pytest.mark.parametrize("twice", [False, True])
def test_norm_sums(dtype, mask, twice):
    images = Images(6, dtype)
    given = {"dy": images.image(), "x": images.image(), **images.norm()}
    results = {"dweight": given["mean"], "dbias": given["mean"]}
    options = {"eps": 1e-5, "mask": mask}
    if mask == "output":
        given["output"] = np.maximum(images.image(), images.dtype.type(0))
    if mask != "none":
        results["dz"] = given["dy"]
    if twice:
        given |= {"other": images.image(), **images.norm("other_")}
        results |= {"other_dweight": given["mean"], "other_dbias": given["mean"]}
        options["other_eps"] = 1e-3
    compare("norm_sums", given, results, **options)


@pytest.mark.parametrize("dtype", DTYPES)
def test_norm_apply(dtype):
    images = Images(7, dtype)
    given = {"dz": images.image(), "x": images.image(), **images.norm()}
    del given["bias"]
    given |= {"dweight": images.vector(-9, 9), "dbias": images.vector(-9, 9)}
    compare("norm_apply", given, {"dx": given["x"]}, eps=1e-5)


GEOMETRY = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("relu", [False, True])
def test_conv2d_fused(normed, relu):
    images = Images(8, np.float32)
    x, channels = images.image(), images.shape[1]
    kernel = images.generator.standard_normal((channels, channels, 3, 3)).astype(np.float32)
    given, options = {"x": x, "kernel": kernel}, {"relu": relu, **GEOMETRY}
    if normed:
        given |= images.norm("norm_")
        options |= {"eps": 1e-5, "relu_input": True}
    results = {"y": x, "mean": images.vector(0, 1), "variance": images.vector(0, 1)}
    compare("conv2d_fused", given, results, **options)


@pytest.mark.parametrize("mask", ["none", "output", "norm"])
@pytest.mark.parametrize("raw", [False, True])
def test_conv2d_backward(mask, raw):
    images = Images(9, np.float32)
    x, channels = images.image(), images.shape[1]
    kernel = images.generator.standard_normal((channels, channels, 3, 3)).astype(np.float32)
    given = {"dy": images.image(), "x": x, "kernel": kernel, "skip": images.image()}
    results, options = {"dx": x, "dkernel": kernel}, {"mask": mask, **GEOMETRY}
    if raw:
        given |= {"raw": images.image(), **images.norm("raw_")}
        del given["raw_bias"]
        given |= {"raw_dweight": images.vector(-9, 9), "raw_dbias": images.vector(-9, 9)}
        options["raw_eps"] = 1e-5
    if mask == "norm":
        given |= images.norm("norm_")
        options |= {"eps": 1e-5, "relu_input": True}
    if mask == "output":
        given["output"] = np.maximum(images.image(), np.float32(0))
    if mask != "none":
        statistics = images.norm("before_") if mask == "output" else images.norm("norm_")
        given["before"] = x if mask == "norm" else images.image()
        names = {"norm": "norm_", "output": "before_"}[mask]
        given["before_mean"] = given.get("norm_mean", statistics[f"{names}mean"])
        given["before_variance"] = given.get("norm_variance", statistics[f"{names}variance"])
        results |= {"dweight": images.vector(0, 1), "dbias": images.vector(0, 1)}
        options["before_eps"] = 1e-5
    compare("conv2d_backward", given, results, **options)
