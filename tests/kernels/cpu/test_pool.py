"""Pooling against its definition: windows, memory, dtypes and channels at random."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import launch, pool
from dlcore.kernels.geometry import output_size
from dlcore.kernels.numpy import pool as plain
from tests.kernels.cpu.kernels import EPS, FLOATS, LAYOUTS, check, placed, unfilled


class Problem:
    """An image, windows and memory at random."""

    def __init__(self, seed, dtype):
        self.dtype = dtype
        self.random = random = np.random.default_rng(seed)
        self.image = tuple(int(random.integers(1, most)) for most in (4, 40, 12, 12))
        self.kernel, self.stride, self.dilation = random.integers(1, 4, (3, 2)).tolist()
        self.dilation = self.dilation if seed % 3 == 0 else [1, 1]
        self.padding = [int(random.integers(0, k // 2 + 1)) for k in self.kernel]
        self.ceil_mode = bool(random.integers(2))
        sizes = zip(
            self.image[2:], self.kernel, self.stride, self.padding, self.dilation, strict=True
        )
        size = [output_size(n, k, s, (p, p), d, self.ceil_mode) for n, k, s, p, d in sizes]
        self.pooled = (*self.image[:2], *size)
        self.bins = tuple(random.integers(1, 9, 2).tolist())

    @property
    def windows(self):
        names = ("kernel", "stride", "padding", "ceil_mode")
        return {name: getattr(self, name) for name in names}

    def numbers(self, shape, nonfinite=0.1):
        """Many of them equal; some NaN and infinite."""
        x = self.random.integers(-9, 10, shape) / 8
        odd = self.random.random(shape) < nonfinite
        x[odd] = self.random.choice([np.nan, np.inf, -np.inf, -0.0], odd.sum())
        return placed(x.astype(self.dtype), self.layout())

    def room(self, shape, dtype=None):
        return unfilled(shape, dtype or self.dtype, self.layout())

    def layout(self):
        return str(self.random.choice(LAYOUTS, p=[0.5, 0.1, 0.2, 0.1, 0.1]))


@pytest.fixture(params=range(24))
def problem(request):
    problem = Problem(request.param, FLOATS[request.param % 3])
    if min(problem.pooled) < 1:
        pytest.skip("no window fits")
    return problem


def test_max_pool2d(problem):
    size = [n + 2 * p for n, p in zip(problem.image[2:], problem.padding, strict=True)]
    outputs = [problem.room(problem.pooled), problem.room(problem.pooled, np.int64)]
    attributes = problem.windows | {"dilation": problem.dilation}
    assert min(size) > 0
    x = problem.numbers(problem.image)
    check(pool.max_pool2d, plain.max_pool2d, [x], outputs, attributes)


def test_adaptive_max_pool2d(problem):
    shape = (*problem.image[:2], *problem.bins)
    outputs = [problem.room(shape), problem.room(shape, np.int64)]
    x = problem.numbers(problem.image)
    check(pool.adaptive_max_pool2d, plain.adaptive_max_pool2d, [x], outputs, {"size": problem.bins})


def test_max_pool2d_gradient_and_its_adjoint(problem):
    index = problem.random.integers(0, np.prod(problem.image[2:]), problem.pooled)
    index = placed(index, problem.layout())
    check(
        pool.max_pool2d_gradient,
        plain.max_pool2d_gradient,
        [problem.numbers(problem.pooled, 0.01), index],
        [problem.room(problem.image)],
        {"shape": problem.image},
        tolerance=2 * EPS[problem.dtype],
    )
    check(
        pool.max_unpool2d_gradient,
        plain.max_unpool2d_gradient,
        [problem.numbers(problem.image), index],
        [problem.room(problem.pooled)],
        {},
    )


@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("divisor_override", [None, -3])
def test_avg_pool2d(problem, count_include_pad, divisor_override):
    problem.dilation = [1, 1]
    sizes = zip(problem.image[2:], problem.kernel, problem.stride, problem.padding, strict=True)
    size = [output_size(n, k, s, (p, p), 1, problem.ceil_mode) for n, k, s, p in sizes]
    pooled = (*problem.image[:2], *size)
    attributes = problem.windows | {
        "count_include_pad": count_include_pad,
        "divisor_override": divisor_override,
    }
    tolerance = 3 * EPS[problem.dtype]
    x, y = problem.numbers(problem.image, 0.01), problem.room(pooled)
    check(pool.avg_pool2d, plain.avg_pool2d, [x], [y], attributes, tolerance)
    dy, dx = problem.numbers(pooled, 0.01), problem.room(problem.image)
    attributes["shape"] = problem.image
    check(pool.avg_pool2d_gradient, plain.avg_pool2d_gradient, [dy], [dx], attributes, tolerance)


def test_adaptive_avg_pool2d(problem):
    pooled = (*problem.image[:2], *problem.bins)
    tolerance = 3 * EPS[problem.dtype]
    x, y = problem.numbers(problem.image, 0.01), problem.room(pooled)
    kernels = pool.adaptive_avg_pool2d, plain.adaptive_avg_pool2d
    check(*kernels, [x], [y], {"size": problem.bins}, tolerance)
    dy, dx = problem.numbers(pooled, 0.01), problem.room(problem.image)
    kernels = pool.adaptive_avg_pool2d_gradient, plain.adaptive_avg_pool2d_gradient
    check(*kernels, [dy], [dx], {"shape": problem.image}, tolerance)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("tile", [(2, 2), (1, 3), (4, 4), (1, 1)])
def test_gradient_of_tiles(tile, dtype):
    """Windows side by side; all the same if one index lies in another window."""
    random = np.random.default_rng(0)
    shape, pooled = (2, 70, 4 * tile[0], 3 * tile[1]), (2, 70, 4, 3)
    windows = {"kernel": tile, "stride": tile, "padding": (0, 0), "dilation": (1, 1)}
    y, index = unfilled(pooled, dtype), unfilled(pooled, np.int64)
    x = placed(random.standard_normal(shape).astype(dtype))
    pool.max_pool2d(x, y, index, **windows, ceil_mode=False)
    dx = unfilled(shape, dtype)
    gradients = pool.max_pool2d_gradient, plain.max_pool2d_gradient
    for place in ((), (0, 3, 0, 0), (1, 69, 3, 2)):
        if place:
            index[place] = tile[1] * 3 + 1
        check(*gradients, [y, index], [dx], {"shape": shape}, 2 * EPS[dtype])


LARGE = (20, 150, 20, 18)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_many_pieces(dtype):
    """The cut into pieces, with rests everywhere."""
    random = np.random.default_rng(0)
    x = placed(random.standard_normal(LARGE).astype(dtype))
    pooled = (*LARGE[:2], 10, 9)
    outputs = [unfilled(pooled, dtype), unfilled(pooled, np.int64)]
    attributes = {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1), "ceil_mode": False}
    tape = check(pool.max_pool2d, plain.max_pool2d, [x], outputs, attributes | {"dilation": (1, 1)})
    assert tape.launches[0].words[2] > 1
    dx = unfilled(LARGE, dtype)
    gradients = pool.max_pool2d_gradient, plain.max_pool2d_gradient
    check(*gradients, outputs, [dx], {"shape": LARGE}, 4 * EPS[dtype])
    more = {"count_include_pad": True, "divisor_override": None}
    check(pool.avg_pool2d, plain.avg_pool2d, [x], outputs[:1], attributes | more, 4 * EPS[dtype])


def test_wrong_indices_are_named_and_nothing_else_is_written():
    index = placed(np.zeros((2, 20, 3, 3), np.int64))
    dy, dx = placed(np.ones(index.shape, np.float32)), unfilled((2, 20, 5, 5), np.float32)
    with launch.taping() as tape:
        pool.max_pool2d_gradient(dy, index, dx, shape=dx.shape)
    script = launch.Script(tape.launches)
    for wrong in (-1, 25, 2**40):
        index[1, 17, 1, 2] = wrong
        for again in (
            lambda: pool.max_pool2d_gradient(dy, index, dx, shape=dx.shape),
            lambda: pool.max_unpool2d_gradient(dx, index, np.empty_like(dy)),
            script.run,
        ):
            with pytest.raises(IndexError) as caught:
                again()
            assert caught.value.args == ("indices from 0 to 24", f"index {wrong}")
    index[...] = 0
    script.run()
    np.testing.assert_array_equal(dx[:, :, 0, 0], 9)
    assert dx.sum() == 9 * 40


def test_nothing_to_do():
    x, y = np.empty((0, 3, 4, 4), np.float32), np.empty((0, 3, 2, 2), np.float32)
    index = np.empty(y.shape, np.int64)
    windows = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "ceil_mode": False}
    pool.max_pool2d(x, y, index, **windows, dilation=(1, 1))
    pool.max_pool2d_gradient(y, index, x, shape=x.shape)
    pool.max_unpool2d_gradient(x, index, y)
    pool.adaptive_avg_pool2d(x, y, size=(2, 2))
    dx = unfilled((1, 3, 4, 4), np.float32)
    empty = np.empty((1, 3, 0, 2), np.float32)
    pool.adaptive_avg_pool2d_gradient(empty, dx, shape=dx.shape)
    np.testing.assert_array_equal(dx, 0)


def test_images_that_are_too_large_are_refused():
    x = np.broadcast_to(np.float32(0), (1, 1, 2**16, 2**15 + 1))
    y, index = np.empty((1, 1, 1, 1), np.float32), np.empty((1, 1, 1, 1), np.int64)
    with pytest.raises(ValueError, match="up to 2\\*\\*31 pixels"):
        pool.adaptive_max_pool2d(x, y, index, size=(1, 1))
