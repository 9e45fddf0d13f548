"""How far a classifier is from the labels. Inside, classes (axis 1) are moved to the last axis."""

from __future__ import annotations

import numpy as np

from dlcore.kernels.numpy.wide import Array, wide


def cross_entropy(
    x: Array,
    labels: Array,
    weight: Array | None,
    loss: Array,
    weights: Array,
    z: Array,
    *,
    smoothing: float,
    ignore_index: int,
) -> None:
    classes = x.shape[1]
    label, used = _checked(labels, classes, ignore_index)
    w = _class_weights(weight, classes, loss)
    x = wide(np.moveaxis(x, 1, -1))
    largest = x.max(-1, keepdims=True)
    z[...] = (largest + np.log(np.exp(x - largest).sum(-1, keepdims=True)))[..., 0]
    weights[...] = np.where(used, w[label], 0)
    rows = (1 - smoothing) * weights * (z - _at(x, label))
    if smoothing:
        rows += (smoothing / classes) * (w * (z[..., None] - x)).sum(-1)
    loss[...] = np.where(used, rows, 0)


def cross_entropy_gradient(
    dloss: Array,
    x: Array,
    labels: Array,
    weight: Array | None,
    z: Array,
    dx: Array,
    *,
    smoothing: float,
    ignore_index: int,
) -> None:
    classes = x.shape[1]
    label, used = _checked(labels, classes, ignore_index)
    w = _class_weights(weight, classes, z)
    p = np.exp(wide(np.moveaxis(x, 1, -1)) - z[..., None])
    d = (1 - smoothing) * w[label][..., None] * (p - _one_hot(label, classes))
    if smoothing:
        d += (smoothing / classes) * (w.sum() * p - w)
    np.moveaxis(dx, 1, -1)[...] = np.where(used[..., None], dloss[..., None] * d, 0)


def nll_loss(
    x: Array,
    labels: Array,
    weight: Array | None,
    loss: Array,
    weights: Array,
    *,
    ignore_index: int,
) -> None:
    classes = x.shape[1]
    label, used = _checked(labels, classes, ignore_index)
    weights[...] = np.where(used, _class_weights(weight, classes, loss)[label], 0)
    loss[...] = np.where(used, -weights * _at(wide(np.moveaxis(x, 1, -1)), label), 0)


def nll_loss_gradient(
    dloss: Array, x: Array, labels: Array, weight: Array | None, dx: Array, *, ignore_index: int
) -> None:
    classes = x.shape[1]
    label, used = _checked(labels, classes, ignore_index)
    d = -_class_weights(weight, classes, dloss)[label] * dloss
    hit = _one_hot(label, classes) & used[..., None]
    np.moveaxis(dx, 1, -1)[...] = np.where(hit, d[..., None], 0)


def _checked(labels: Array, classes: int, ignore_index: int) -> tuple[Array, Array]:
    """The labels, 0 where they are ignored, and which are not."""
    used = labels != ignore_index
    wrong = np.argwhere(used & ((labels < 0) | (labels >= classes)))
    if len(wrong):
        place = tuple(map(int, wrong[0]))
        raise IndexError(
            f"labels from 0 to {classes - 1}, or ignore_index {ignore_index}",
            f"label {labels[place]} at position {place}",
        )
    return np.where(used, labels, 0), used


def _class_weights(weight: Array | None, classes: int, like: Array) -> Array:
    return np.ones(classes, like.dtype) if weight is None else weight


def _at(x: Array, label: Array) -> Array:
    """The value of x at each label."""
    values: Array = np.take_along_axis(x, label[..., None], -1)[..., 0]
    return values


def _one_hot(label: Array, classes: int) -> Array:
    hit: Array = label[..., None] == np.arange(classes)
    return hit
