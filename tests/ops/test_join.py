"""Joining: layouts, promotion, errors."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.interface.array import channels_last, order_of
from dlcore.errors import DeviceError, DtypeError, OptionError, ShapeError

X = dl.tensor(np.arange(6.0).reshape(2, 3))
IMAGES = dl.from_numpy(np.arange(48.0).reshape(2, 4, 2, 3).transpose(0, 3, 1, 2))


def test_images_stay_channels_last():
    joined = dl.cat([IMAGES, IMAGES[:, :1]], dim=1)
    assert order_of(joined.array) == channels_last(4)
    assert order_of(dl.cat([IMAGES, IMAGES.contiguous()]).array) == (0, 1, 2, 3)


def test_promotion():
    assert dl.cat([dl.tensor([1]), dl.tensor([0.5])]).dtype == dl.float32
    assert dl.stack([dl.tensor([True]), dl.tensor([2])]).tolist() == [[1], [2]]
    halves = [dl.tensor([1.0], dtype=kind) for kind in (dl.float16, dl.bfloat16)]
    assert dl.cat(halves).dtype == dl.float32
    assert dl.cat([dl.tensor([1]), dl.zeros(0)]).dtype == dl.float32  # left out, but heard


def test_tril_drops_nan():
    assert dl.tril(dl.tensor([[1.0, float("nan")], [2.0, 3.0]])).tolist() == [[1, 0], [2, 3]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dl.cat([]), ShapeError, r"cat: expected at least one tensor, received none"),
        (
            lambda: dl.cat([X, X[:, :2]]),
            ShapeError,
            r"equal except along axis 0, received \(2, 3\) and \(2, 2\); reshape",
        ),
        (lambda: dl.cat(X), DtypeError, r"cat: expected a list or tuple of tensors, .* Tensor"),
        (lambda: dl.hstack([X, 1]), DtypeError, r"hstack: expected a list or tuple of tensors"),
        (lambda: dl.stack(None), DtypeError, r"stack: expected a list or tuple of tensors"),
        (lambda: dl.cat([X, X[0]]), ShapeError, r"received \(2, 3\) and \(3,\)"),
        (lambda: dl.cat([X, X], 2), ShapeError, r"from -2 to 1, received axis 2"),
        (lambda: dl.cat([dl.tensor(1.0)]), ShapeError, r"at least one axis.*use stack"),
        (
            lambda: dl.cat([X, dl.tensor([[1.0]], device="meta")]),
            DeviceError,
            r"one device.*\(1, 1\) on 'meta'",
        ),
        (lambda: dl.stack([X, X[0]]), ShapeError, r"one shape, received \(2, 3\), \(3,\); expand"),
        (lambda: dl.stack([]), ShapeError, r"received none"),
        (lambda: dl.flip(X, (0, 0)), ShapeError, r"every axis once, received axes \(0, 0\)"),
        (lambda: dl.roll(X, (1, 2), 0), OptionError, r"shifts \(1, 2\), dims 0; give"),
        (lambda: dl.tril(X[0]), ShapeError, r"tril: expected at least two axes.*\(3,\)"),
        (
            lambda: dl.diagonal(X, 0, 1, -1),
            ShapeError,
            r"two different axes, received axes 1 and -1",
        ),
        (lambda: dl.meshgrid(X), ShapeError, r"vectors, received \(2, 3\); flatten"),
        (lambda: dl.meshgrid(X[0], indexing="yx"), OptionError, r"'ij' or 'xy', received 'yx'"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()
