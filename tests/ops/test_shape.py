"""Shapes: what shares memory, and what is refused."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DtypeError, IndexRangeError, OptionError, ShapeError
from dlcore.ops import pieces, repeat, shape

X = dl.tensor(np.arange(24.0).reshape(2, 3, 4))
IMAGES = dl.from_numpy(np.arange(24.0).reshape(1, 4, 6, 1).transpose(0, 3, 1, 2))
LAST = dl.from_numpy(np.arange(48.0).reshape(2, 4, 2, 3).transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.reshape(-1),
        lambda x: x.view(6, 4),
        lambda x: x.flatten(1),
        lambda x: x.squeeze(),
        lambda x: x.unsqueeze(0),
        lambda x: x.expand(5, 2, 3, 4),
        lambda x: x.permute(2, 1, 0),
        lambda x: x.transpose(0, 1),
        lambda x: x.mT,
        lambda x: x.narrow(1, 0, 2),
        lambda x: x.select(0, 1),
        lambda x: x.unbind(2)[3],
        lambda x: x.split(2, -1)[1],
    ],
)
def test_views_share_memory_and_version(view):
    y = view(X)
    assert y.version is X.version
    assert np.shares_memory(y.numpy(), X.numpy())


def test_the_same_shape_is_always_a_view():
    x = X.transpose(0, 1)
    y = x.view(3, 2, 4)
    assert y.version is X.version
    assert y.tolist() == x.tolist()
    assert dl.zeros(1, 3, 0, device="meta").transpose(0, 1).view(0, 5).shape == (0, 5)


def test_repeating_a_tensor_without_axes():
    assert dl.tensor(3).repeat_interleave(2, 0).tolist() == [3, 3]


def test_flatten_follows_the_shape_not_the_memory():
    values = LAST.numpy()
    flat = LAST.flatten(1)
    np.testing.assert_array_equal(flat.numpy(), np.ascontiguousarray(values).reshape(2, -1))
    assert flat.version is not LAST.version
    assert IMAGES.flatten(1).version is IMAGES.version  # one channel: both orders are one


def test_a_copy_can_be_written_without_trouble():
    x = LAST.clone().requires_grad_()
    y = x * x
    flat = y.flatten()
    flat.version.count += 1
    y.backward(dl.tensor(np.ones(y.shape)))
    np.testing.assert_array_equal(x.grad.numpy(), 2 * LAST.numpy())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: X.reshape(5, -1),
            ShapeError,
            r"multiply to 24.*received \(5, -1\) for shape \(2, 3, 4\); leave",
        ),
        (lambda: X.reshape(-1, -1), ShapeError, r"at most one of them -1, received \(-1, -1\)"),
        (lambda: X.reshape(-2, -12), ShapeError, r"received \(-2, -12\)"),
        (lambda: X.reshape(0, -1), ShapeError, r"received \(0, -1\)"),
        (lambda: X.view(25), ShapeError, r"view: .* received \(25,\)"),
        (
            lambda: LAST.view(2, -1),
            ShapeError,
            r"view: expected memory in the order of the shape, received shape \(2, 3, 4, 2\) with"
            r" strides .*; use reshape",
        ),
        (lambda: X.flatten(2, 0), ShapeError, r"start_dim before end_dim.*axes 2 and 0"),
        (lambda: X.flatten(3), ShapeError, r"axis from -3 to 2, received axis 3"),
        (lambda: X.unflatten(1, (2, 2)), ShapeError, r"multiply to 3.*\(2, 2\) for shape \(3,\)"),
        (lambda: X.squeeze((0, 0)), ShapeError, r"every axis once, received axes \(0, 0\)"),
        (lambda: X.unsqueeze(4), ShapeError, r"axis from -4 to 3, received axis 4"),
        (
            lambda: X.expand(2, 5, 4),
            ShapeError,
            r"received sizes \(2, 5, 4\) for shape \(2, 3, 4\); only axes of length 1",
        ),
        (lambda: X.expand(3, 4), ShapeError, r"received sizes \(3, 4\)"),
        (lambda: X.expand(-1, 2, 3, 4), ShapeError, r"received sizes \(-1, 2, 3, 4\)"),
        (lambda: X.permute(0, 1), ShapeError, r"each of the 3 axes once, received \(0, 1\)"),
        (lambda: X.permute(0, 1, 1), ShapeError, r"\(0, 1, 1\) for .*; name every"),
        (lambda: X.transpose(0, 3), ShapeError, r"received axis 3"),
        (lambda: X.movedim((0, 1), 2), ShapeError, r"as many places as axes.*\(0, 1\) to 2"),
        (lambda: X.movedim((0, 0), (1, 2)), ShapeError, r"each once"),
        (lambda: X.t(), ShapeError, r"t: expected at most two axes.*transpose\(dim0, dim1\)"),
        (lambda: X[0, 0].mT, ShapeError, r"at least two axes, received shape \(4,\)"),
        (
            lambda: X.narrow(1, 2, 2),
            IndexRangeError,
            r"places from 0 to 3 of axis 1.*received start 2, length 2; take",
        ),
        (
            lambda: X.select(2, 4),
            IndexRangeError,
            r"from -4 to 3 for axis 2 of shape \(2, 3, 4\), received 4; count",
        ),
        (lambda: dl.tensor(1.0).select(0, 0), ShapeError, r"at least one axis"),
        (lambda: X.split(0), OptionError, r"at least one place, received split_size 0"),
        (lambda: X.split([1, 2]), ShapeError, r"add up to 2, that of axis 0, received \[1, 2\]"),
        (lambda: X.chunk(0), OptionError, r"at least 1 piece, received 0"),
        (lambda: X.tensor_split(0), OptionError, r"at least 1 piece, received 0"),
        (lambda: X.repeat(2), ShapeError, r"at least 3 numbers, none negative, received \(2,\)"),
        (lambda: X.repeat_interleave(-1), ShapeError, r"at least 0, received -1"),
        (lambda: shape.permute(X, (0,)), ShapeError, r"received \(0,\)"),
        (lambda: repeat.tile(X, (-1,)), ShapeError, r"received \(1, 1, -1\)"),
        (lambda: pieces.split(dl.tensor(1.0), 1), ShapeError, r"at least one axis"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: dl.squeeze(x),
        lambda x: dl.unsqueeze(x, 0),
        lambda x: dl.flatten(x),
        lambda x: dl.unflatten(x, 0, (1, 2)),
        lambda x: dl.reshape(x, (2,)),
        lambda x: dl.permute(x, (0,)),
        lambda x: dl.transpose(x, 0, 0),
        lambda x: dl.movedim(x, 0, 0),
        lambda x: dl.t(x),
        lambda x: dl.matmul(X, x),
        lambda x: dl.nn.functional.linear(X, x),
        lambda x: dl.nn.functional.conv2d(X, x),
        lambda x: dl.nn.functional.cross_entropy(X, x),
        lambda x: dl.nn.functional.mse_loss(X, x),
        lambda x: dl.nn.functional.scaled_dot_product_attention(X, X, x),
    ],
)
@pytest.mark.parametrize("other", [None, np.zeros(2), [1.0, 2.0]], ids=["None", "array", "list"])
def test_only_tensors_are_taken(call, other):
    kind = type(other).__name__
    with pytest.raises(DtypeError, match=f"expected tensors, received {kind}; wrap the values"):
        call(other)
