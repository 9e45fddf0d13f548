"""Random tensors: options, dtypes, errors."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import random
from dlcore.errors import DtypeError, GraphError, OptionError, ShapeError
from dlcore.ops import dropout as drop
from dlcore.ops import random as ops


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_dtypes(dtype):
    kind = getattr(dl, dtype)
    for made in (ops.rand(200, 5, dtype=kind), ops.randn((200, 5), dtype=kind)):
        assert (made.shape, made.dtype) == ((200, 5), kind)
    assert ops.rand(200, 50, dtype=kind).numpy().astype(np.float64).max() < 1


def test_on_meta():
    before = random.generator.calls.copy()
    assert ops.randn(4, 3, device="meta").shape == (4, 3)
    assert drop.dropout(ops.rand(4, 3, device="meta")).shape == (4, 3)
    assert random.generator.calls != before


def test_dropout_without_training_or_without_p_is_the_input():
    x = ops.rand(3, 4)
    assert drop.dropout(x, training=False) is x
    assert drop.dropout(x, p=0) is x


def test_dropout_of_channels_drops_them_whole():
    y = drop.dropout2d(dl.tensor(np.ones((20, 10, 3, 2), np.float32))).numpy()
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :, :1, :1], y.shape))
    assert 0 < (y == 0).mean() < 1


def test_alpha_dropout_keeps_mean_and_variance():
    random.manual_seed(0)
    y = drop.alpha_dropout(ops.randn(500, 400), p=0.2, training=True).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.02


def test_gradient_passes_through_the_mask():
    x = dl.tensor(np.ones((4, 5)), requires_grad=True)
    y = drop.dropout(x, p=0.25)
    y.backward(dl.tensor(np.full((4, 5), 3.0)))
    np.testing.assert_allclose(x.grad.numpy(), 3 * y.detach().numpy())


def test_bernoulli_follows_the_probabilities():
    x = dl.tensor(np.repeat([[0.0], [0.25], [1.0]], 10000, 1))
    share = ops.bernoulli(x).numpy().mean(1)
    assert (share[0], share[2]) == (0, 1)
    assert abs(share[1] - 0.25) < 5 * (0.1875 / 10000) ** 0.5


def test_normal_and_in_place():
    random.manual_seed(0)
    values = ops.normal(3.0, 0.5, (400, 50)).numpy()
    assert abs(values.mean() - 3) < 5 * 0.5 * values.size**-0.5
    x = dl.tensor(np.zeros((40, 50), np.float32))
    version = x.version.count
    assert ops.uniform_(x, -2, -1) is x
    assert x.version.count == version + 1
    assert -2 <= x.numpy().min() < x.numpy().max() <= -1
    ops.normal_(x, std=0.0)
    assert (x.numpy() == 0).all()


def test_randint_as_pytorch():
    assert ops.randint(5, (100,)).numpy().max() == 4
    assert ops.randint(2, 3, (2, 2)).tolist() == [[2, 2], [2, 2]]
    assert ops.randint(0, 2**32, (2,), dtype=np.int64).shape == (2,)


X = dl.tensor([[1.0, 2.0]])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: drop.dropout(X, p=1.5), OptionError, r"from 0 to 1, received p = 1\.5; p is"),
        (lambda: drop.dropout(X, p=-0.1), OptionError, r"from 0 to 1, received p = -0\.1"),
        (lambda: drop.dropout(X, p=float("nan")), OptionError, r"received p = nan"),
        (lambda: drop.dropout(dl.tensor([1])), DtypeError, r"float32.*dtype int64; convert"),
        (
            lambda: drop.dropout1d(dl.tensor([1.0])),
            ShapeError,
            r"axes \(N, C, L\) or .*shape \(1,\); add",
        ),
        (lambda: drop.dropout2d(X), ShapeError, r"axes \(N, C, H, W\), .*\(1, 2\); add"),
        (lambda: drop.alpha_dropout(X, p=2), OptionError, r"from 0 to 1, received p = 2"),
        (lambda: ops.rand(2, -1), ShapeError, r"at least 0, received size \(2, -1\); give"),
        (lambda: ops.rand(2, dtype=dl.int64), DtypeError, r"float32 .*received int64; use a"),
        (lambda: ops.randn(2, dtype=dl.bool), DtypeError, r"received bool"),
        (lambda: ops.randint(3, 3, (2,)), OptionError, r"low < high.*low 3, high 3; high"),
        (lambda: ops.randint(0, 2**33, (2,)), OptionError, r"2\*\*32 apart"),
        (lambda: ops.randint(3, (2,), dtype=dl.bool), DtypeError, r"received bool; draw integers"),
        (lambda: ops.normal(0, -1, (2,)), OptionError, r"at least 0, received std -1; give"),
        (lambda: ops.uniform_(X.clone(), 2, 1), OptionError, r"low 2, high 1; exchange"),
        (lambda: ops.normal_(dl.tensor([1])), DtypeError, r"received int64"),
        (
            lambda: ops.normal_(dl.tensor([1.0], requires_grad=True)),
            GraphError,
            r"require no gradient.*shape \(1,\).*no_grad",
        ),
        (lambda: ops.bernoulli(dl.tensor([1])), DtypeError, r"received int64"),
        (lambda: ops.bernoulli([0.5]), DtypeError, r"tensors, received list; wrap"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()
