"""Fused primitives as compositions of plain NumPy kernels: their definition, for tests."""

from functools import wraps

import numpy as np

from dlcore.kernels.numpy import KERNELS
from dlcore.kernels.numpy.norm import batch_norm, batch_norm_gradient, batch_norm_inference


def given(function):
    """A kernel that takes its operands by their roles."""

    @wraps(function)
    def kernel(*arrays, roles, results, **options):
        function(dict(zip((*roles, *results), arrays, strict=True)), **options)

    return kernel


@given
def batch_statistics(of):
    batch_norm(of["x"], None, None, np.empty_like(of["x"]), of["mean"], of["variance"], eps=0.0)


def norm(x, of, prefix, eps):
    """Of a tensor, by the vectors whose roles begin with a prefix."""
    y = np.empty_like(x)
    vectors = [of.get(f"{prefix}{part}") for part in ("mean", "variance", "weight", "bias")]
    batch_norm_inference(x, *vectors, y, eps=eps)
    return y


def rectified(x):
    return np.where(x < 0, x.dtype.type(0), x)


@given
def normalize(of, *, eps, relu, other_eps=0.0):
    y = norm(of["x"], of, "", eps)
    if "other" in of:
        other = of["other"]
        y = y + (norm(other, of, "other_", other_eps) if "other_mean" in of else other)
    of["y"][...] = rectified(y) if relu else y


def masked_sums(of, dy, x, mask, eps, other, other_eps, out, sums):
    """Fill `out` with dy masked, and the vectors in `sums` with the sums of it."""
    if mask == "output":
        dy = np.where(of["output"] > 0, dy, dy.dtype.type(0))
    elif mask == "norm":
        dy = np.where(x["normed"] > 0, dy, dy.dtype.type(0))
    if out is not None:
        out[...] = dy
    for value, prefix, small in ((x["raw"], x["prefix"], eps), (other, "other_", other_eps)):
        if value is None:
            continue
        mean, variance = of[f"{prefix}mean"], of[f"{prefix}variance"]
        name = "other_" if prefix == "other_" else ""
        dx = np.empty_like(value)
        batch_norm_gradient(
            dy, value, mean, variance, None, dx, sums[f"{name}dweight"], sums[f"{name}dbias"],
            eps=small, training=True,
        )  # fmt: skip


@given
def norm_sums(of, *, mask, eps, other_eps=0.0):
    dy = of["dy"]
    x = {"raw": of["x"], "prefix": "", "normed": norm(of["x"], of, "", eps)}
    masked_sums(of, dy, x, mask, eps, of.get("other"), other_eps, of.get("dz"), of)


def applied(dz, x, mean, variance, weight, dweight, dbias, eps):
    dx = np.empty_like(x)
    count = x.size // x.shape[1]
    vector = (slice(None),) + (None,) * (x.ndim - 2)
    scale = 1 / np.sqrt(variance + np.float32(eps))
    h = (x.astype(np.float32) - mean[vector]) * scale[vector]
    inner = dz.astype(np.float32) - (dbias[vector] + h * dweight[vector]) / np.float32(count)
    dx[...] = inner * (scale if weight is None else scale * weight)[vector]
    return dx


@given
def norm_apply(of, *, eps):
    names = ("dz", "x", "mean", "variance")
    of["dx"][...] = applied(
        *(of[name] for name in names), of.get("weight"), of["dweight"], of["dbias"], eps
    )


@given
def conv2d_fused(of, *, eps=0.0, relu_input=False, relu, **geometry):
    x = of["x"]
    if "norm_mean" in of:
        x = norm(x, of, "norm_", eps)
        x = rectified(x) if relu_input else x
    y = np.empty_like(of["y"])
    KERNELS["conv2d"](x, of["kernel"], of.get("bias"), y, **geometry)
    of["y"][...] = rectified(y) if relu else y
    if "mean" in of:
        batch_norm(of["y"], None, None, y, of["mean"], of["variance"], eps=0.0)


@given
def conv2d_backward(
    of, *, mask, raw_eps=0.0, eps=0.0, relu_input=False, before_eps=0.0, other_eps=0.0, **geometry
):
    dy, x = of["dy"], of["x"]
    if "raw" in of:
        vectors = [of.get(f"raw_{n}") for n in ("mean", "variance", "weight", "dweight", "dbias")]
        dy = applied(dy, of["raw"], *vectors, raw_eps)
    if "norm_mean" in of:
        x = norm(x, of, "norm_", eps)
        x = rectified(x) if relu_input else x
    kernel, dx = of["kernel"], np.empty_like(of["dx"])
    KERNELS["conv2d_weight_gradient"](x, dy, of["dkernel"], kernel=kernel.shape[2:], **geometry)
    KERNELS["conv2d_input_gradient"](dy, kernel, dx, size=x.shape[2:], **geometry)
    dx = dx + of["skip"] if "skip" in of else dx
    if "before" not in of:
        of["dx"][...] = np.where(of["output"] > 0, dx, dx.dtype.type(0)) if "output" in of else dx
        return
    raw = {"raw": of["before"], "prefix": "before_", "normed": x}
    masked_sums(of, dx, raw, mask, before_eps, of.get("other"), other_eps, of["dx"], of)


COMPOSED = {
    kernel.__name__: kernel
    for kernel in (
        batch_statistics,
        normalize,
        norm_sums,
        norm_apply,
        conv2d_fused,
        conv2d_backward,
    )
}
