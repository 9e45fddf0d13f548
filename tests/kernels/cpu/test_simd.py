"""Vector code against NumPy, lane by lane, for every number of lanes on any machine."""

import functools

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from dlcore.kernels.cpu.machine import host  # noqa: E402
from dlcore.kernels.cpu.simd import vector_code  # noqa: E402
from tests.kernels.cpu.vectors import LANES, SPECIAL, numbers, ready, target  # noqa: E402


def compiled(code):
    """The function of lanes that compiles code once for each."""
    return functools.cache(lambda lanes: ready(code, target(lanes)))


OPERATORS = {
    "+": (lambda v, x, y: x + y, np.add),
    "-": (lambda v, x, y: x - y, np.subtract),
    "*": (lambda v, x, y: x * y, np.multiply),
    "/": (lambda v, x, y: x / y, np.divide),
    "maximum": (lambda v, x, y: v.maximum(x, y), np.maximum),
    "minimum": (lambda v, x, y: v.minimum(x, y), np.minimum),
    "sqrt": (lambda v, x, y: v.sqrt(x), lambda x, y: np.sqrt(x)),
    "abs": (lambda v, x, y: v.abs(x), lambda x, y: np.abs(x)),
    "number -": (lambda v, x, y: 1.5 - x, lambda x, y: np.float32(1.5) - x),
    "number /": (lambda v, x, y: 1.5 / x, lambda x, y: np.float32(1.5) / x),
    "<": (lambda v, x, y: chosen(v, x < y), np.less),
    "<=": (lambda v, x, y: chosen(v, x <= y), np.less_equal),
    ">": (lambda v, x, y: chosen(v, x > y), np.greater),
    ">=": (lambda v, x, y: chosen(v, x >= y), np.greater_equal),
    "equals": (lambda v, x, y: chosen(v, x.equals(y)), np.equal),
    "is_nan": (lambda v, x, y: chosen(v, x.is_nan()), lambda x, y: np.isnan(x)),
    "&": (lambda v, x, y: chosen(v, (x > 0) & (y > 0)), lambda x, y: (x > 0) & (y > 0)),
    "|": (lambda v, x, y: chosen(v, (x > 0) | (y > 0)), lambda x, y: (x > 0) | (y > 0)),
    "^": (lambda v, x, y: chosen(v, (x > 0) ^ (y > 0)), lambda x, y: (x > 0) ^ (y > 0)),
    "~": (lambda v, x, y: chosen(v, ~(x > 0)), lambda x, y: ~(x > 0)),
    "select": (lambda v, x, y: v.select(x < y, x, y), lambda x, y: np.where(x < y, x, y)),
}


def chosen(v, mask):
    return v.select(mask, v.splat(1.0), v.splat(0.0))


@compiled
def every_operator(v, x, y, out, row, count):
    def step(i, mask):
        left, right = v.load(x + i * 4, mask=mask), v.load(y + i * 4, mask=mask)
        for number, (operator, _) in enumerate(OPERATORS.values()):
            v.store(operator(v, left, right), out + row * number + i * 4, mask)

    v.each(count, step)


@pytest.fixture(scope="module", params=LANES)
def operators(request):
    """What every operator gives for all pairs of special numbers, and for ordinary ones."""
    pairs = np.stack(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    x, y = np.concatenate([pairs, numbers(400).reshape(2, -1)], axis=1)
    out = np.full((len(OPERATORS), x.size), 99, np.float32)
    every_operator(request.param)(
        np.ascontiguousarray(x), np.ascontiguousarray(y), out, out.strides[0], x.size
    )
    return x, y, dict(zip(OPERATORS, out, strict=True))


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_are_numpy_s(operators, name):
    x, y, results = operators
    with np.errstate(all="ignore"):
        expected = OPERATORS[name][1](x, y).astype(np.float32)
    np.testing.assert_array_equal(results[name], expected)


@compiled
def copy(v, x, y, count):
    v.each(count, lambda i, mask: v.store(v.load(x + i * 4, mask=mask), y + i * 4, mask))


@pytest.mark.parametrize("lanes", LANES)
def test_tails_of_every_length(lanes):
    """Nothing behind the end is written, and what is written comes from its place."""
    x = numbers(3 * lanes)
    for count in range(3 * lanes):
        y = np.full(3 * lanes, 99, np.float32)
        copy(lanes)(x, y, count)
        np.testing.assert_array_equal(y, np.where(np.arange(3 * lanes) < count, x, 99))


@compiled
def masked(v, x, y, count):
    v.store(v.load(x, mask=v.tail(count)), y)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("count", [-(2**40), -1, 0, 1, 3, 2**31, 2**40])
def test_masks_of_any_count_and_zeros_where_they_are_off(lanes, count):
    x, y = np.arange(1, lanes + 1, dtype=np.float32), np.full(lanes, 99, np.float32)
    masked(lanes)(x, y, count)
    np.testing.assert_array_equal(y, np.where(np.arange(lanes) < count, x, 0))


@compiled
def whole_vectors(v, x, y, wide, scale, sums, squares):
    """Everything that works on whole vectors: one call for all the tests below."""
    size = 4 * v.lanes
    rows = [v.load(x + size * i) for i in range(v.lanes)]
    for i, column in enumerate(v.transpose(rows)):
        v.store(column, y + size * i)
    for i, row in enumerate(rows):
        v.store(v.sum(row), sums + 4 * i)
        v.store(v.max(row), sums + size + 4 * i)
        v.store(v.fma(row, v.splat(scale), v.broadcast(x)), squares + size * i)
        doubled = v.load(wide + 2 * size * i, "float64") * 2.0 + row.to("float64")
        v.store(doubled, wide + 2 * size * i)


@pytest.fixture(scope="module", params=LANES)
def whole(request):
    lanes = request.param
    x = np.random.default_rng(1).standard_normal((lanes, lanes)).astype(np.float32)
    wide = np.random.default_rng(2).standard_normal((lanes, lanes))
    y, squares, sums = np.empty_like(x), np.empty_like(x), np.empty((2, lanes), np.float32)
    before = wide.copy()
    whole_vectors(lanes)(x, y, wide, 0.1, sums, squares)
    return {"x": x, "y": y, "before": before, "wide": wide, "sums": sums, "squares": squares}


def test_transpose(whole):
    np.testing.assert_array_equal(whole["y"], whole["x"].T)


def test_sum_by_halves_and_max(whole):
    total = whole["x"]
    while total.shape[1] > 1:
        half = total.shape[1] // 2
        total = total[:, :half] + total[:, half:]
    np.testing.assert_array_equal(whole["sums"], [total[:, 0], whole["x"].max(axis=1)])


@pytest.mark.skipif(not host().fma, reason="this processor has no such instruction")
def test_fma_rounds_once(whole):
    x = whole["x"].astype(np.float64)
    # A product of two float32 numbers is exact in float64; the sum is rounded there, far below.
    expected = (x * np.float32(0.1).astype(np.float64) + x[0, 0]).astype(np.float32)
    np.testing.assert_array_equal(whole["squares"], expected)


def test_float64(whole):
    np.testing.assert_array_equal(whole["wide"], whole["before"] * 2 + whole["x"])


@compiled
def largest(v, x, y):
    v.store(v.max(v.load(x)), y)


@pytest.mark.parametrize("lanes", LANES)
def test_max_finds_nan_in_every_lane(lanes):
    for place in range(lanes):
        x, y = np.zeros(lanes, np.float32), np.zeros(1, np.float32)
        x[place] = np.nan
        largest(lanes)(x, y)
        assert np.isnan(y[0])


@compiled
def matrix_power(v, x, y, rows, columns):
    """Nested loops with carried values, and a branch: y = sum over i, j of x, doubled at odd i."""

    def row(i, outer):
        def column(j, inner):
            v.prefetch(x + 4096)
            value = v.broadcast(x + (i * columns + j) * 4)
            (value,) = v.when((i & 1) > 0, [value], lambda values: [values[0] * 2.0])
            return [inner[0] + value]

        return v.loop(columns, outer, column)

    (total,) = v.loop(rows, [v.splat(0.0)], row)
    v.store(total, y)


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, 0), (1, 1), (4, 5)])
def test_loops_nest_and_carry_values(rows, columns):
    x = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns) + 1
    y = np.full(8, 99, np.float32)
    matrix_power(8)(x, y, rows, columns)
    np.testing.assert_array_equal(y, np.full(8, x[::2].sum() + 2 * x[1::2].sum()))


@compiled
def thrice(v, x):
    v.loop(v.integer(3), [], lambda i, _: [v.store(v.load(x) * 2.0, x)][:0])


def test_loops_of_a_constant_count():
    x = np.ones(4, np.float32)
    thrice(4)(x)
    np.testing.assert_array_equal(x, 8)


def test_arrays_are_refused():
    kernel = vector_code(target(4))(lambda v, x: None)

    @numba.njit
    def call(x):
        kernel(x)

    with pytest.raises(numba.TypingError, match="expected addresses and numbers, received array"):
        call(np.zeros(3))


@compiled
def apart(v, x, y, step, z, count, last):
    """Every `step`-th number of x to every second one of y, and the same as bytes to z."""

    def move(i, mask):
        numbers = v.gather(x + i * 4 * step, step * 4, mask=mask)
        v.scatter(numbers, y + i * 8, step * 0 + 8, mask)
        v.store((numbers.bits("int32") >> 24).to("uint8"), z + i, mask)

    v.each(count, move)
    whole = v.gather(x, step * 4)
    v.scatter(whole, last, step * 0 + 4)


@pytest.mark.parametrize("lanes", LANES)
def test_numbers_apart(lanes):
    count = 2 * lanes + 3
    x, y, z = numbers(3 * count), np.full(2 * count, 99, np.float32), np.full(count, 9, np.uint8)
    last = np.empty(lanes, np.float32)
    apart(lanes)(x, y, 3, z, count, last)
    np.testing.assert_array_equal(y[::2], x[::3])
    np.testing.assert_array_equal(y[1::2], 99)
    np.testing.assert_array_equal(z, x[::3].view(np.uint32) >> 24)
    np.testing.assert_array_equal(last, x[::3][:lanes])


@compiled
def whole_numbers(v, x, y, out, seven):
    pair = v.interleave(v.load(x), v.load(y))
    for i, half in enumerate(pair):
        v.store(half, out + 4 * v.lanes * i)
    v.store(v.library("pow", v.load(x), v.load(y)), out + 8 * v.lanes)
    parts = v.splat((seven * 100 + 5) // seven), v.splat((seven * 100 + 5) % seven)
    v.store(parts[0].to("int32").as_float() + parts[1].to("int32").as_float() / 100.0, out)


@pytest.mark.parametrize("lanes", LANES)
def test_interleave_library_and_division(lanes):
    x, y = np.random.default_rng(0).random((2, lanes)).astype(np.float32)
    out = np.empty((3, lanes), np.float32)
    whole_numbers(lanes)(x, y, out, 7)
    np.testing.assert_array_equal(out[1], np.stack([x, y], 1).reshape(-1)[lanes:])
    np.testing.assert_allclose(out[2], x**y, 1e-6)
    np.testing.assert_array_equal(out[0], np.float32(100) + np.float32(5) / np.float32(100))


@compiled
def past_caches(v, x, y, count):
    v.loop(count, [], lambda i, _: [v.stream(v.load(x + i * 4 * v.lanes), y + i * 4 * v.lanes)][:0])
    v.fence()


@pytest.mark.parametrize("lanes", LANES)
def test_stores_past_the_caches(lanes):
    x, room = numbers(5 * lanes), np.full(7 * lanes, 99, np.float32)
    start = -room.ctypes.data // 4 % lanes
    past_caches(lanes)(x, room[start:], 5)
    np.testing.assert_array_equal(room[start : start + 5 * lanes], x)
    assert (np.delete(room, np.s_[start : start + 5 * lanes]) == 99).all()


@compiled
def anywhere(v, x, places, y, z, count):
    """x at places, by addresses, to y; and back to those places of z."""
    mask = v.tail(count)
    at = v.load(places, "int64", mask) * v.splat(v.number(places + 8 * v.lanes, "int64"))
    value = v.gather_at(at + v.places(x, 0), mask=mask)
    v.store(value, y)
    v.scatter_at(value, at + v.places(z, 0), mask)


@pytest.mark.parametrize("lanes", LANES)
def test_numbers_anywhere(lanes):
    """Lanes that are off read and write nothing, whatever their place is; the last lane wins."""
    count = lanes - 1
    x, y, z = numbers(100), np.full(lanes, 99, np.float32), np.full(100, 99, np.float32)
    places = np.random.default_rng(0).integers(0, 100, lanes + 1)
    places[:2], places[-2:] = places[0], (2**50, 4)  # the bytes of a number come last
    expected = z.copy()
    anywhere(lanes)(x, places, y, z, count)
    np.testing.assert_array_equal(y[:count], x[places[:count]])
    assert y[count] == 0
    expected[places[:count]] = x[places[:count]]
    np.testing.assert_array_equal(z, expected)
