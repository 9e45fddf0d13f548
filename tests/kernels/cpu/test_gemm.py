"""Products of matrices against float64: any shape, order in memory, dtype, number of threads."""

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from dlcore.kernels.cpu.gemm import gemm  # noqa: E402
from dlcore.kernels.cpu.launch import Script, taping  # noqa: E402
from dlcore.kernels.cpu.product_cut import cut  # noqa: E402
from dlcore.kernels.cpu.product_recipe import recipe  # noqa: E402
from dlcore.kernels.cpu.threads import available_threads, set_thread_count  # noqa: E402
from tests.kernels.cpu.products import FLOATS, check, check_random, matrix  # noqa: E402

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("tens", range(40))
def test_random_products(tens):
    for seed in range(10 * tens, 10 * tens + 10):
        check_random(seed)


@pytest.mark.parametrize(
    ("rows", "columns", "depth"),
    [
        (200, 190, 170),  # several threads
        (300, 70, 1000),  # blocks of the depth
        (4100, 20, 40),  # slabs down
        (15, 4200, 40),  # and across
        (1, 300, 5000),
        (300, 1, 5000),
        (3, 5, 30000),
    ],
)
@pytest.mark.parametrize("orders", ["CC", "FC", "CF", "FF"])
def test_large_products(rows, columns, depth, orders):
    generator = np.random.default_rng(0)
    a = np.asarray(generator.standard_normal((rows, depth)), np.float32, order=orders[0])
    b = np.asarray(generator.standard_normal((depth, columns)), np.float32, order=orders[1])
    out = generator.standard_normal((rows, columns)).astype(np.float32)
    bias = generator.standard_normal((rows, 1) if orders == "CC" else columns).astype(np.float32)
    check(a, b, out, accumulate=orders != "FF", bias=bias, relu=orders == "FC")


def test_slabs_down_and_across():
    """A product of one multiplication is NumPy's, bit for bit."""
    generator = np.random.default_rng(0)
    column, row = (generator.standard_normal(size).astype(np.float32) for size in (4111, 4133))
    out = np.empty((4111, 4133), np.float32)
    gemm(column[:, None], row[None], out)
    np.testing.assert_array_equal(out, np.outer(column, row))


def test_biases_take_their_rows_and_columns():
    """Whole numbers, so that a bias of a neighbour can't hide in rounding."""
    rows, columns = np.arange(100.0, 200, dtype=np.float32), np.arange(90, dtype=np.float32)
    zeros = np.zeros((100, 5), np.float32), np.zeros((5, 90), np.float32)
    for order in "CF":
        out = np.empty((100, 90), np.float32, order=order)
        for bias in (rows[:, None], columns, columns[None]):
            gemm(*zeros, out, bias=bias)
            np.testing.assert_array_equal(out, np.broadcast_to(bias, out.shape))


@pytest.mark.parametrize("shape", [(3, 200, 150, 180), (9, 200, 150, 180), (200, 20, 30, 40)])
def test_batches_are_shared_by_threads(shape):
    batch, rows, columns, depth = shape
    generator = np.random.default_rng(0)
    a = generator.standard_normal((batch, rows, depth)).astype(np.float32)
    b = generator.standard_normal((batch, depth, columns)).astype(np.float32)
    check(a, b, np.empty((batch, rows, columns), np.float32), relu=True)
    check(a, b[:1], np.empty((batch, rows, columns), np.float32))


def product(seed, *, batch=()):
    generator = np.random.default_rng(seed)
    a = generator.standard_normal((*batch, 201, 770)).astype(np.float32)
    b = generator.standard_normal((770, 333)).astype(np.float32)
    out = np.full((*batch, 201, 333), np.nan, np.float32)
    gemm(a, b, out, bias=b[0], relu=True)
    return out


@pytest.fixture
def set_threads():
    yield set_thread_count
    set_thread_count(None)


@pytest.mark.skipif(available_threads() < 2, reason="one core")
@pytest.mark.parametrize("batch", [(), (2,), (12,)])
def test_threads_do_not_change_the_bits(set_threads, batch):
    set_threads(1)
    one = product(0, batch=batch)
    for threads in range(2, available_threads() + 1):
        set_threads(threads)
        np.testing.assert_array_equal(product(0, batch=batch), one)


DEEP = (20, 30, 20000)  # cut along its depth


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_parts_of_the_depth(set_threads, dtype):
    rows, columns, depth = DEEP
    assert cut(1, rows, columns, depth).span < depth
    generator = np.random.default_rng(0)
    a, b = (generator.standard_normal(shape).astype(dtype) for shape in (DEEP[::2], DEEP[:0:-1]))
    bias, old = generator.standard_normal((2, rows, columns)).astype(dtype)
    results = []
    for threads in (1, 2):
        set_threads(threads)
        results.append(old.copy())
        check(a, b, results[-1], accumulate=True, bias=bias[0], relu=True)
    np.testing.assert_array_equal(*results)
    check(a, b, np.empty((columns, rows), dtype).T, bias=bias[:, :1].copy())


@pytest.mark.parametrize("dtype", FLOATS[1:], ids=str)
def test_16_bits_in_many_blocks(dtype):
    """Partial sums are float32 until the last block of the depth, and rounded once."""
    generator = np.random.default_rng(0)
    a = generator.standard_normal((600, 2001)).astype(dtype)
    b = generator.standard_normal((2001, 550)).astype(dtype)
    out = generator.standard_normal((600, 550)).astype(dtype)
    check(a, b, out, accumulate=True, bias=out[0].copy(), relu=True)
    check(a[:50], b, np.empty((50, 550), np.float32))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("shape", [(3, 5, 7), (40, 50, 60), (20, 30, 20000)])
def test_replays_compute_again(dtype, shape):
    rows, columns, depth = shape
    generator = np.random.default_rng(0)
    a = generator.standard_normal((2, 3, rows, depth)).astype(dtype).transpose(1, 0, 2, 3)
    b = generator.standard_normal((2, 3, columns, depth)).astype(dtype).transpose(1, 0, 3, 2)
    out = np.empty((3, 2, rows, columns), dtype)
    with taping() as tape:
        gemm(a, b, out)
    assert tape.complete
    expected, out[...] = out.copy(), 0
    Script(tape.launches).run()
    np.testing.assert_array_equal(out, expected)


def thin(dtype, rows=20, columns=150, depth=801):
    """A linear layer's product of a small batch, which is computed as its transpose."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((rows, depth)).astype(dtype)
    weight = generator.standard_normal((columns, depth)).astype(dtype)
    bias = generator.standard_normal(columns).astype(dtype)
    room = np.full((rows + 1, columns + 7), 99, dtype)
    forms = [(y.dtype, y.shape, y.strides) for y in (x, weight.T, room[1:, 3:-4])]
    assert recipe(*forms, None, False, False).turn is not None
    return x, weight.T, bias, room


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_thin_products(dtype):
    x, weight, bias, room = thin(dtype)
    out = room[1:, 3:-4]
    check(x, weight, out)
    for own in (bias, bias[None], x[:, :1].copy()):
        check(x, weight, out, bias=own, relu=True)
    check(x, weight, out[::-1], bias=bias)
    check(x, weight, np.empty(out.shape, np.float32))
    check(x[None], weight, out[None], accumulate=True, bias=bias)
    check(np.asfortranarray(x), weight, out[None])
    assert (room[0] == 99).all()
    assert (room[:, :3] == 99).all()
    assert (room[:, -4:] == 99).all()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_thin_products_of_threads_and_replays(set_threads, dtype):
    x, weight, bias, room = thin(dtype, 33, 200, 3000)
    out = room[1:, 3:-4]
    set_threads(1)
    gemm(x, weight, out, bias=bias)
    expected = out.copy()
    set_threads(2)
    with taping() as tape:
        gemm(x, weight, out, bias=bias)
    assert tape.complete
    np.testing.assert_array_equal(out, expected)
    out[...] = 0
    Script(tape.launches).run()
    np.testing.assert_array_equal(out, expected)


def test_copies_are_not_taped():
    x = np.ones((8, 8), np.float32)
    for out in (np.empty((16, 16), np.float32)[::2, ::2], x.astype(np.float16)):
        with taping() as tape:
            gemm(x, x, out)
        assert not tape.complete


def test_batches_of_many_axes():
    generator = np.random.default_rng(0)
    a = generator.standard_normal((2, 3, 4, 5, 6)).astype(np.float32).transpose(1, 0, 2, 4, 3)
    b = generator.standard_normal((2, 1, 4, 5, 7)).astype(np.float32).transpose(1, 0, 2, 3, 4)
    check(a, b, np.empty((4, 3, 2, 6, 7), np.float32).transpose(1, 2, 0, 3, 4))


def test_python_threads_may_call_at_once():
    expected = [product(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for seed, result in enumerate(pool.map(product, [0, 1, 2, 3] * 5)):
            np.testing.assert_array_equal(result, expected[seed % 4])


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("depth", [20, 21])
def test_nan_and_infinity_stay_in_their_rows_and_columns(dtype, depth):
    """Also where a number beside the row would be multiplied by 0."""
    a, b = np.ones((30, depth), dtype), np.ones((depth, 40), dtype)
    a[3, 0], b[5, 6] = np.nan, np.inf
    out = np.empty((30, 40), dtype)
    gemm(a, b, out, relu=True)
    with np.errstate(invalid="ignore"):
        expected = np.maximum(a.astype(np.float32) @ b.astype(np.float32), 0)
    np.testing.assert_array_equal(out.astype(np.float32), expected)


def test_old_numbers_are_not_read_without_accumulate():
    out = np.full((20, 20), np.nan, np.float32)
    gemm(np.ones((20, 0), np.float32), np.ones((0, 20), np.float32), out)
    np.testing.assert_array_equal(out, 0)


def test_gaps_in_out_stay():
    out = np.full((40, 100), 99, np.float32)
    check(
        *(matrix(np.random.default_rng(0), shape) for shape in [(17, 9), (9, 45)]), out[3:20, 5:50]
    )
    inside = np.zeros(out.shape, bool)
    inside[3:20, 5:50] = True
    assert (out[~inside] == 99).all()
    assert (out[inside] != 99).all()


@pytest.mark.parametrize(
    ("a", "b", "out", "bias"),
    [
        ((2, 3), (4, 5), (2, 5), None),
        ((2, 3), (3, 5), (2, 4), None),
        ((2, 3), (3, 5), (1, 5), None),
        ((3,), (3, 5), (1, 5), None),
        ((4, 2, 3), (3, 5), (2, 5), None),
        ((4, 2, 3), (3, 3, 5), (4, 2, 5), None),
        ((2, 3), (3, 5), (2, 5), (2,)),
        ((2, 3), (3, 5), (2, 5), (2, 5)),
    ],
)
def test_shapes_that_do_not_fit(a, b, out, bias):
    arrays = [None if shape is None else np.zeros(shape, np.float32) for shape in (a, b, out, bias)]
    with pytest.raises(
        ValueError, match=rf"gemm: expected a \(\.\.\., M, K\).*received a \({a[0]}"
    ):
        gemm(*arrays[:3], bias=arrays[3])


def test_dtypes_that_are_not_there():
    x = np.zeros((2, 2), np.float32)
    with pytest.raises(TypeError, match="float32, float16 or bfloat16 for b, received float64"):
        gemm(x, x.astype(np.float64), x)
    with pytest.raises(TypeError, match="for out, received >f4"):
        gemm(x, x, x.astype(">f4"))


RANDOM = """
from dlcore.kernels.cpu.machine import host
from tests.kernels.cpu.products import check_random
for seed in range(60):
    check_random(seed)
print(host().lanes)
"""
x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="another processor")


def run(code, **variables):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@x86
def test_avx2():
    features = "+sse4.2,+popcnt,+avx,+avx2,+fma,+f16c,+bmi,+bmi2"
    lanes = run(RANDOM, NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES=features)
    assert lanes == "8"


@x86
@pytest.mark.slow
def test_the_oldest_64_bit_processors():
    assert run(RANDOM, NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+sse2") == "4"
