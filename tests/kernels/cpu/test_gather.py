"""Slices by index: taken, put and added, whatever the axis, dtype and index are."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import gather, launch
from dlcore.kernels.numpy import gather as plain
from tests.kernels.cpu.kernels import EPS, FLOATS, check

SHAPES = [((7,), 0, (5,)), ((6, 33), 0, (2, 9)), ((3, 11, 2, 5), 1, (40,)), ((4, 30), -1, (3, 1))]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("kind", [np.int32, np.int64])
@pytest.mark.parametrize(("shape", "axis", "places"), SHAPES)
def test_take_and_put(shape, axis, places, kind, dtype):
    random = np.random.default_rng(0)
    index = random.integers(0, shape[axis], places).astype(kind)
    x = random.standard_normal(shape).astype(dtype)
    y = np.empty(np.take(x, index, axis).shape, dtype)
    assert check(gather.take, plain.take, [x, index], [y], {"axis": axis}).complete
    source = random.standard_normal(y.shape).astype(dtype)
    for reduce, tolerance in (("set", 0.0), ("add", 4 * EPS[dtype])):
        attributes = {"axis": axis, "reduce": reduce}
        z = np.empty(shape, dtype)
        put = gather.put, plain.put
        assert check(*put, [x, index, source], [z], attributes, tolerance).complete
        inplace = x.copy()
        gather.put(inplace, index, source, inplace, **attributes)
        np.testing.assert_array_equal(inplace, z)


def test_sums_of_16_bits_are_rounded_once():
    x, y = np.ones((1, 20), np.float16), np.empty((1, 20), np.float16)
    source = np.full((4096, 20), 2.0**-12, np.float16)  # each alone is lost beside 1
    gather.put(x, np.zeros(4096, np.int64), source, y, axis=0, reduce="add")
    np.testing.assert_array_equal(y, 2)


def test_many_pieces():
    random = np.random.default_rng(0)
    x = random.standard_normal((500, 300)).astype(np.float32)
    index = random.integers(0, 500, 3000)
    y = np.empty((3000, 300), np.float32)
    tape = check(gather.take, plain.take, [x, index], [y], {"axis": 0})
    assert tape.launches[0].words[2] > 1
    z = np.empty_like(x)
    attributes = {"axis": 0, "reduce": "add"}
    tape = check(gather.put, plain.put, [x, index, y], [z], attributes, 1e-6)
    assert tape.launches[1].words[2] > 1


@pytest.mark.parametrize("kind", [np.int32, np.int64])
@pytest.mark.parametrize("wrong", [-1, 5])
def test_wrong_indices_are_named(kind, wrong):
    x, index = np.ones((5, 8), np.float32), np.zeros(3, kind)
    y = np.empty((3, 8), np.float32)
    with launch.taping() as tape:
        gather.take(x, index, y, axis=0)
    index[1] = wrong
    for again in (
        lambda: gather.take(x, index, y, axis=0),
        lambda: gather.put(x, index, y, x, axis=0, reduce="add"),
        launch.Script(tape.launches).run,
    ):
        with pytest.raises(IndexError) as caught:
            again()
        assert caught.value.args == ("indices from 0 to 4 for axis 0", f"{wrong} at 1")


def test_nothing_to_take():
    x, y = np.ones((0, 4), np.float32), np.empty((0, 4), np.float32)
    gather.take(x, np.zeros(0, np.int64), y, axis=0)
    gather.put(x, np.zeros(0, np.int64), x, y, axis=0, reduce="add")


@pytest.mark.parametrize("order", [(1, 0), (0, 1)])
def test_memory_of_any_order(order):
    random = np.random.default_rng(0)
    x = random.standard_normal((6, 5)).astype(np.float32).transpose(order)
    index = random.integers(0, 5, 12)[::2]
    y = np.empty((6, 5), np.float32).transpose(order)
    taken = np.empty((len(x), 6), np.float32)
    check(gather.take, plain.take, [x, index], [taken], {"axis": 1})
    attributes = {"axis": 1, "reduce": "add"}
    check(gather.put, plain.put, [x, index, taken], [y], attributes, 1e-6)
