"""`x[...]` and `x[...] = value`: masks, writing, errors, and random expressions against peers."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.base import observer
from dlcore.backend.record import recording
from dlcore.errors import (
    DeviceError,
    DtypeError,
    GraphError,
    IndexRangeError,
    OptionError,
    RecordError,
    ShapeError,
    StaleError,
)
from tests.ops.expressions import expressions

VALUES = np.arange(24.0).reshape(2, 3, 4)
X = dl.tensor(VALUES)


@pytest.mark.parametrize(
    "index",
    [
        np.s_[VALUES > 7],
        np.s_[VALUES[:, :, 0] > 7],
        np.s_[:, VALUES[0] > 7],
        np.s_[:, [True, False, True]],
        np.s_[[False, True], ..., [True, False, False, True]],
        np.s_[VALUES > 99],
        np.s_[True],
        np.s_[False],
        np.s_[None, True, 1],
    ],
)
def test_masks_as_numpy(index):
    def tensors(item):
        return dl.tensor(item) if isinstance(item, np.ndarray) else item

    ours = tuple(map(tensors, index)) if isinstance(index, tuple) else tensors(index)
    if isinstance(index, tuple) and sum(isinstance(i, list) for i in index) == 2:
        expected = VALUES[np.ix_([1], [0, 1, 2], [0, 3])].squeeze(0).T  # apart: picked axes first
        np.testing.assert_array_equal(X[ours].numpy(), expected)
        return
    np.testing.assert_array_equal(X[ours].numpy(), VALUES[index])
    np.testing.assert_array_equal(X[index].numpy(), VALUES[index])


def test_gradient_through_a_mask():
    x = dl.tensor(VALUES, requires_grad=True)
    (x[x > 20] * 3).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 3 * (VALUES > 20))


def test_masked_select_and_nonzero():
    mask = dl.tensor([True, False, True, False])
    np.testing.assert_array_equal(dl.masked_select(X, mask).numpy(), VALUES[..., ::2].ravel())
    assert dl.nonzero(dl.tensor([[0.0, 2.0], [3.0, 0.0]])).tolist() == [[0, 1], [1, 0]]
    rows, columns = dl.nonzero(dl.tensor([[0, 2], [3, 0]]), as_tuple=True)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [1, 0])
    assert dl.nonzero(dl.tensor(5.0)).shape == (1, 0)


def test_iteration_and_views():
    assert [row.tolist() for row in dl.tensor([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]
    assert X[1].version is X.version
    assert X[[1]].version is not X.version


# -- writing -------------------------------------------------------------------------------------

WRITES = {
    "a number": (np.s_[1], 5),
    "everything": (np.s_[...], 7.5),
    "a row": (np.s_[:, 1], np.arange(4.0)),
    "slices": (np.s_[0, ::2, 1:], np.arange(3.0)),
    "a new axis": (np.s_[:, None, 0], np.ones((2, 1, 4))),
    "a list": (np.s_[:, [2, 0]], np.arange(4.0)),
    "a repeated index": (np.s_[[0, 0]], np.arange(24.0).reshape(2, 3, 4)),
    "two lists": (np.s_[[0, 1], [2, 1]], np.arange(8.0).reshape(2, 4)),
    "lists apart": (np.s_[[0, 1], :, [3, 0]], np.arange(6.0).reshape(2, 3)),
    "lists apart and a slice": (np.s_[[1, 0], ::2, [3, 0]], 3.0),
    "two lists at the end": (np.s_[:, [2, 0], [3, 1]], np.arange(2.0)),
    "a mask": (np.s_[VALUES > 7], -1),
    "a mask of rows": (np.s_[VALUES[:, :, 0] > 5], 0.5),
    "a mask and values": (np.s_[VALUES > 20], np.arange(3.0)),
    "a mask among slices": (np.s_[:, [True, False, True]], np.arange(4.0)),
    "nothing": (np.s_[[], 1], 3.0),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_writing_as_numpy(name, order):
    index, value = WRITES[name]
    expected = VALUES.copy(order)
    expected[index] = value
    for kind in (lambda v: v, lambda v: dl.tensor(v, dtype=dl.float64)):
        x = dl.from_numpy(VALUES.copy(order))
        version = x.version.count
        x[index] = kind(value)
        np.testing.assert_array_equal(x.numpy(), expected)
        assert x.version.count == version + 1
    x = dl.from_numpy(VALUES.copy(order))
    x[dl.tensor(index) if isinstance(index, np.ndarray) else index] = value
    np.testing.assert_array_equal(x.numpy(), expected)


def test_writing_converts_and_copes_with_overlap():
    x = dl.tensor([1, 2, 3])
    x[0] = 2.9
    x[1:] = x[:-1]
    assert x.tolist() == [2, 2, 2]
    x[:] = x[[2, 0, 1]] * 2
    x[dl.tensor(1)] = dl.tensor(9.0)
    x[dl.tensor([True, False, False])] = dl.tensor(7)
    assert x.tolist() == [7, 9, 4]
    x[[0, 1]] = [[5, 6]]
    assert x.tolist() == [5, 6, 4]


class Launches:
    """Sees every call with its arrays."""

    def __init__(self):
        self.calls = []

    def launched(self, call):
        self.calls.append(call)

    def downloaded(self, array):
        """Nothing to see."""


@pytest.mark.parametrize("index", [np.s_[1:], np.s_[[2, 1]]])
def test_no_kernel_reads_what_it_writes(index):
    """Other devices don't notice an overlap, as NumPy does, and would read new values."""
    x = dl.tensor([1.0, 2.0, 3.0])
    seen = Launches()
    token = observer.set(seen)
    try:
        x[index] = x[:2]
    finally:
        observer.reset(token)
    assert seen.calls
    for call in seen.calls:
        for source in call.arrays:
            for target in call.outputs:
                assert source is target or not np.shares_memory(source, target)


def test_writing_in_the_graph():
    x = dl.tensor([1.0, 2.0], requires_grad=True)
    for write in (lambda: x.__setitem__(0, 1.0), lambda: dl.tensor([1.0]).__setitem__(0, x[0])):
        with pytest.raises(GraphError, match=r"require no gradient.*under dl.no_grad\(\)"):
            write()
    y = x * x
    with dl.no_grad():
        x[0] = 5.0
    with pytest.raises(StaleError, match=r"multiply.*overwritten in place"):
        y.sum().backward()


def test_on_meta_and_in_recorded_steps():
    ghost = dl.tensor(VALUES, device="meta")
    mask = dl.tensor(VALUES > 3, device="meta")
    ghost[mask] = 0.0
    assert ghost[[0, 1], :, [2, 3]].shape == (2, 3)
    with pytest.raises(DeviceError, match="a device that computes"):
        ghost[mask]
    x, mask = dl.tensor(VALUES), dl.tensor(VALUES > 3)
    with recording() as program:
        x[mask] = -1.0
    assert program.refusal is None
    with recording() as refused:
        x[mask]  # how many elements there are decides the shapes of all that follows
    assert isinstance(refused.refusal, RecordError)
    program.arrange()
    x[...] = dl.tensor(VALUES)
    program.replay()
    np.testing.assert_array_equal(x.numpy(), np.where(VALUES > 3, -1, VALUES))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: X[2],
            IndexRangeError,
            r"index from -2 to 1 for axis 0 of shape \(2, 3, 4\), received 2; count",
        ),
        (lambda: X[0, :, -5], IndexRangeError, r"from -4 to 3 for axis 2"),
        (lambda: X[0, 0, 0, 0], IndexRangeError, r"at most 3 indices.*received 4 indices"),
        (lambda: X[..., 0, ...], IndexRangeError, r"one Ellipsis, received 1 indices, 2 times"),
        (lambda: X[[0, 2]], IndexRangeError, r"from -2 to 1 for axis 0, received 2 at 1"),
        (
            lambda: X[0, :, dl.tensor([[0, -5]])],
            IndexRangeError,
            r"from -4 to 3 for axis 2, received -5 at \(0, 1\); check",
        ),
        (lambda: X[:, dl.tensor(3)], IndexRangeError, r"from -3 to 2 for axis 1, received 3;"),
        (lambda: X[:, ::-1], OptionError, r"positive step, received step -1; use flip"),
        (lambda: X[0.5], DtypeError, r"integers, slices.*received float; convert it with .long"),
        (lambda: X["a"], DtypeError, r"received str"),
        (lambda: X[dl.tensor([0.5])], DtypeError, r"received a tensor of dtype float32"),
        (lambda: X[dl.tensor([1], dtype=dl.uint8)], DtypeError, r"dtype uint8; .*bool\(\) for a"),
        (
            lambda: X[[True, False, True]],
            ShapeError,
            r"mask of shape \(2,\), as the axes from 0 .*received a mask of shape \(3,\)",
        ),
        (lambda: X[[0, 1], [0, 1, 2]], ShapeError, r"received \(2,\) and \(3,\)"),
        (lambda: X[dl.tensor([0], device="meta")], DeviceError, r"on 'cpu', \(1,\) on 'meta'"),
        (
            lambda: X.clone().__setitem__(0, dl.tensor([1.0, 2.0])),
            ShapeError,
            r"broadcasts to shape \(3, 4\), received shape \(2,\); cut",
        ),
        (lambda: X.clone().__setitem__(5, 0), IndexRangeError, r"received 5"),
        (lambda: X.clone().__setitem__([5], 0), IndexRangeError, r"received 5 at 0"),
        (
            lambda: X.clone().__setitem__(dl.tensor([True]), 0),
            ShapeError,
            r"mask of shape \(2,\).*received a mask of shape \(1,\)",
        ),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


# -- random expressions --------------------------------------------------------------------------


def test_random_expressions_as_numpy():
    """Where NumPy agrees with PyTorch on the order of axes: no integers beside arrays."""
    for values, index in expressions(300, seed=1, integers=False):
        expected = values[index]
        np.testing.assert_array_equal(dl.tensor(values)[index].numpy(), expected, str(index))


@pytest.mark.peer
def test_random_expressions_as_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    for values, index in expressions(500, seed=2, integers=True):
        ours, theirs = dl.tensor(values, requires_grad=True), torch.tensor(values).requires_grad_()
        alike = tuple(torch.tensor(i) if isinstance(i, np.ndarray) else i for i in index)
        mine = tuple(dl.tensor(i) if isinstance(i, np.ndarray) else i for i in index)
        y, expected = ours[mine], theirs[alike]
        np.testing.assert_array_equal(y.detach().numpy(), expected.detach().numpy(), str(index))
        weights = np.random.default_rng(0).standard_normal(y.shape)
        y.backward(dl.tensor(weights))
        expected.backward(torch.tensor(weights))
        np.testing.assert_allclose(
            ours.grad.numpy(), theirs.grad.numpy(), atol=1e-12, err_msg=str(index)
        )
        if any(isinstance(item, np.ndarray) and item.dtype != bool for item in index):
            continue  # a place may be named twice, and PyTorch doesn't say which value it keeps
        ours, theirs = ours.detach(), theirs.detach()
        ours[mine] = weights
        theirs[alike] = torch.tensor(weights)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), str(index))
