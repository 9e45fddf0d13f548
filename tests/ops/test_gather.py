"""Tables and index tensors: what is refused, what is special."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import (
    DeviceError,
    DtypeError,
    GraphError,
    IndexRangeError,
    OptionError,
    ShapeError,
)
from dlcore.nn.functional import embedding, one_hot

X = dl.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
ROWS = dl.tensor([0, 1, 1])


def test_padding_gets_no_gradient():
    weight = dl.tensor(np.ones((4, 2)), requires_grad=True)
    embedding(dl.tensor([3, 1, 3, 2]), weight, padding_idx=3).sum().backward()
    assert weight.grad.tolist() == [[0, 0], [1, 1], [1, 1], [0, 0]]


def test_many_small_halves_add_up():
    """Summed in float16, 1 would stop growing at 2048."""
    weight = dl.tensor(np.ones((2, 1), np.float16), requires_grad=True)
    embedding(dl.tensor(np.zeros(4096, np.int64)), weight).sum().backward()
    assert weight.grad.tolist() == [[4096], [0]]


def test_one_hot_counts_classes():
    assert one_hot(dl.tensor([0, 2])).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_in_place():
    x = dl.tensor(np.zeros((2, 3), np.float32))
    version = x.version.count
    assert x.scatter_(1, dl.tensor([[2], [0]]), 1) is x
    x.scatter_add_(1, dl.tensor([[2], [2]]), dl.tensor([[1.0], [2.0]]))
    x.index_add_(0, dl.tensor([1]), dl.tensor([[10.0, 0.0, 0.0]]))
    assert x.tolist() == [[0, 0, 2], [11, 0, 2]]
    assert x.version.count == version + 3


def test_bincount():
    x = dl.tensor([3, 1, 3])
    assert dl.bincount(x).tolist() == [0, 1, 0, 2]
    assert dl.bincount(x, minlength=6).tolist() == [0, 1, 0, 2, 0, 0]
    assert dl.bincount(x, dl.tensor([0.5, 2.0, 1.0])).tolist() == [0, 2, 0, 1.5]
    assert dl.bincount(x[:0]).shape == (0,)


def test_topk_takes_the_first_of_equals():
    values, indices = dl.topk(dl.tensor([1.0, 3.0, 3.0, 2.0, 3.0]), 2)
    assert (values.tolist(), indices.tolist()) == ([3, 3], [1, 2])


def test_sort_puts_nan_last_or_first():
    x = dl.tensor([float("nan"), 1.0, -float("inf")])
    assert dl.argsort(x).tolist() == [2, 1, 0]
    assert dl.argsort(x, descending=True).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: dl.index_select(X, 1, dl.tensor([0, 3])),
            IndexRangeError,
            r"indices from 0 to 2 for axis 1, received 3 at 1; check",
        ),
        (
            lambda: dl.index_select(X, 0, dl.tensor([-1])),
            IndexRangeError,
            r"from 0 to 1 for axis 0, received -1 at 0",
        ),
        (lambda: X.index_select(0, dl.tensor([[0]])), ShapeError, r"one axis, received .*\(1, 1\)"),
        (lambda: X.index_select(0, dl.tensor([0.0])), DtypeError, r"int32 or int64, received"),
        (lambda: X.index_select(2, ROWS), ShapeError, r"from -2 to 1, received axis 2"),
        (
            lambda: X.index_select(0, dl.tensor([0], device="meta")),
            DeviceError,
            r"one device, received \(2, 3\) on 'cpu', \(1,\) on 'meta'",
        ),
        (
            lambda: X.gather(0, dl.tensor([[0, 2]])),
            IndexRangeError,
            r"0 to 1 for axis 0, received 2 at \(0, 1\)",
        ),
        (
            lambda: X.gather(1, ROWS),
            ShapeError,
            r"shape \(2, 3\), or shorter.*received shape \(3,\)",
        ),
        (
            lambda: X.gather(1, dl.tensor([[0], [0], [0]])),
            ShapeError,
            r"except along axis 1, received shape \(3, 1\); cut",
        ),
        (lambda: X.scatter(0, ROWS, 1), ShapeError, r"received shape \(3,\)"),
        (
            lambda: X.scatter(0, dl.tensor([[0, 0]]), dl.tensor([[1.0]])),
            ShapeError,
            r"as long as the index of shape \(1, 2\), received shape \(1, 1\)",
        ),
        (lambda: X.scatter(0, ROWS, 1, reduce="mean"), OptionError, r"'add', received 'mean'"),
        (
            lambda: X.scatter(0, dl.tensor([[0]]), dl.tensor([[1]])),
            DtypeError,
            r"x float32, source int64; convert",
        ),
        (
            lambda: dl.tensor([True]).scatter_add(0, dl.tensor([0]), dl.tensor([True])),
            DtypeError,
            r"received x of .* dtype bool",
        ),
        (
            lambda: X.index_add(0, ROWS, X),
            ShapeError,
            r"source of shape \(3, 3\), for x \(2, 3\) and index \(3,\), received shape \(2, 3\)",
        ),
        (lambda: X.take_along_dim(ROWS, 0), ShapeError, r"as many axes as input of shape \(2, 3\)"),
        (
            lambda: dl.tensor([1.0], requires_grad=True).scatter_(0, dl.tensor([0]), 1),
            GraphError,
            r"no gradient.*shape \(1,\).*no_grad",
        ),
        (
            lambda: embedding(dl.tensor([[0, 2]]), X),
            IndexRangeError,
            r"0 to 1 for axis 0, received 2 at \(0, 1\); check",
        ),
        (lambda: embedding(dl.tensor([0.0]), X), DtypeError, r"input of dtype int32 or int64"),
        (lambda: embedding(ROWS, dl.tensor([1.0])), ShapeError, r"2 axes \(V D\)"),
        (lambda: embedding(ROWS, X, 2), IndexRangeError, r"from -2 to 1 for axis 0.*received 2"),
        (lambda: one_hot(dl.tensor([3]), 3), IndexRangeError, r"0 to 2 for axis 1, received 3"),
        (lambda: one_hot(dl.tensor([-1, -2])), IndexRangeError, r"at least 0, received -1"),
        (lambda: one_hot(dl.tensor([0]), 0), OptionError, r"at least one class.*num_classes=0"),
        (lambda: dl.bincount(dl.tensor([-1])), IndexRangeError, r"received -1 at 0"),
        (lambda: dl.bincount(X), DtypeError, r"input of dtype int32 or int64"),
        (lambda: dl.bincount(dl.tensor([[1]])), ShapeError, r"input with 1 axes \(N\)"),
        (lambda: X.topk(4), OptionError, r"k from 0 to 3.*axis 1.*received 4; ask for fewer"),
        (lambda: X.sort(2), ShapeError, r"received axis 2"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()
