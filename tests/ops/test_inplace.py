"""Operations that write into a tensor: what they write, note and refuse."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DtypeError, GraphError, ShapeError, StaleError

WRITES = {
    "add_": (lambda x: x.add_(2), [3, 6]),
    "add_, alpha": (lambda x: x.add_(dl.tensor([1.0, 2.0]), alpha=10), [11, 24]),
    "+=": (lambda x: x.__iadd__(dl.tensor([1.0, 1.0])), [2, 5]),
    "sub_": (lambda x: x.sub_(dl.tensor(1)), [0, 3]),
    "-=": (lambda x: x.__isub__(1), [0, 3]),
    "mul_": (lambda x: x.mul_(x), [1, 16]),
    "*=": (lambda x: x.__imul__(3), [3, 12]),
    "div_": (lambda x: x.div_(dl.tensor([2.0, 4.0])), [0.5, 1]),
    "/=": (lambda x: x.__itruediv__(2), [0.5, 2]),
    "pow_": (lambda x: x.pow_(2), [1, 16]),
    "neg_": (lambda x: x.neg_(), [-1, -4]),
    "relu_": (lambda x: x.relu_(), [1, 4]),
    "abs_": (lambda x: x.abs_(), [1, 4]),
    "sqrt_": (lambda x: x.sqrt_(), [1, 2]),
    "clamp_": (lambda x: x.clamp_(2, 3), [2, 3]),
    "clamp_ above": (lambda x: x.clamp_(max=3), [1, 3]),
    "masked_fill_": (lambda x: x.masked_fill_(x > 2, 0), [1, 0]),
    "lerp_": (lambda x: x.lerp_(dl.zeros(2), 0.5), [0.5, 2]),
    "fill_": (lambda x: x.fill_(7), [7, 7]),
    "fill_ by a tensor": (lambda x: x.fill_(dl.tensor(7)), [7, 7]),
    "zero_": (lambda x: x.zero_(), [0, 0]),
    "copy_": (lambda x: x.copy_(dl.tensor([5])), [5, 5]),
    "copy_ other dtype": (lambda x: x.copy_(dl.tensor([5.5, 6], dtype=dl.float64)), [5.5, 6]),
}


@pytest.mark.parametrize("name", WRITES)
def test_writes(name):
    write, expected = WRITES[name]
    x = dl.tensor([1.0, 4.0])
    memory, version = x.array, x.version.count
    assert write(x) is x
    assert x.array is memory
    assert x.version.count == version + 1
    assert x.tolist() == expected
    assert x.dtype == dl.float32


@pytest.mark.parametrize("name", WRITES)
def test_refused_in_the_graph(name):
    write, _ = WRITES[name]
    leaf = dl.tensor([1.0, 4.0], requires_grad=True)
    for x in (leaf, leaf * 1):
        with pytest.raises(GraphError, match=r"requires? no gradient.*; do it under dl.no_grad"):
            write(x)
        assert x.tolist() == [1, 4]
    with dl.no_grad():
        write(leaf)
    assert leaf.is_leaf


def test_values_in_the_graph_are_refused():
    with pytest.raises(GraphError):
        dl.zeros(2).add_(dl.ones(2, requires_grad=True))


def test_backward_notices():
    x = dl.tensor([1.0, 4.0], requires_grad=True)
    factor = dl.tensor([2.0, 3.0])
    y = (x * factor).sum()
    factor += 1
    with pytest.raises(StaleError, match="overwritten in place"):
        y.backward()


def test_results_must_fit():
    with pytest.raises(DtypeError, match="int64 can hold, received a result of dtype float32"):
        dl.tensor([1, 2]).add_(0.5)
    with pytest.raises(DtypeError, match="int64 can hold"):
        dl.tensor([1, 2]).div_(dl.tensor([1, 2]))
    with pytest.raises(DtypeError, match="bool can hold"):
        dl.tensor([True]).add_(1)
    with pytest.raises(ShapeError):
        dl.zeros(1).add_(dl.zeros(3))
    with pytest.raises(ShapeError):
        dl.zeros(1).copy_(dl.zeros(3))


def test_views_write_through():
    x = dl.zeros(2, 3)
    column = dl.Tensor(x.array[:, 1], x.backend, version=x.version)
    column += dl.tensor([1.0, 2.0])
    assert x.tolist() == [[0, 1, 0], [0, 2, 0]]
    assert x.version.count == 1


def test_half_takes_wider_values():
    x = dl.ones(2, dtype=dl.float16)
    x += dl.tensor([0.5, 1.5])
    assert x.tolist() == [1.5, 2.5]
    assert x.dtype == np.float16


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "exp", "log", "sqrt", "abs", "neg"])
def test_functions_in_place(name):
    x = dl.tensor([-0.5, 0.25, 2.0]) if name in ("relu", "abs", "tanh") else dl.tensor([0.25, 2.0])
    expected = getattr(x, name)()
    assert getattr(x, name + "_")() is x
    assert dl.equal(x, expected)
    assert not dl.equal(x.neg_(), expected)


def test_axes_in_place():
    x = dl.zeros(2, 1, 3)
    assert x.squeeze_(1) is x
    assert x.shape == (2, 3)
    x.unsqueeze_(0).fill_(1)
    assert x.shape == (1, 2, 3)
    assert x.sum().item() == 6
    with pytest.raises(GraphError):
        dl.zeros(1, requires_grad=True).squeeze_()


def test_data_is_the_tensor_outside_of_the_graph():
    w = dl.tensor([1.0, 2.0], requires_grad=True)
    memory = w.array
    assert not w.data.requires_grad
    w.data -= 0.5
    w.data.mul_(2)
    assert w.tolist() == [1, 3]
    w.data = dl.tensor([7, 8])
    assert w.tolist() == [7, 8]
    assert w.array is memory
    assert w.requires_grad
    with pytest.raises(ShapeError, match=r"shape \(2,\).*received shape \(3,\); make a new"):
        w.data = dl.zeros(3)


def test_data_written_after_use_is_noticed():
    w = dl.tensor([1.0, 2.0], requires_grad=True)
    y = (w * w).sum()
    w.data = dl.zeros(2)
    with pytest.raises(StaleError):
        y.backward()


def test_detach_in_place():
    x = dl.ones(2, requires_grad=True) * 2
    assert x.detach_() is x
    assert x.is_leaf
    assert not x.requires_grad
