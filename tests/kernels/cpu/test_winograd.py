"""Winograd's convolutions against NumPy's in float64: any size, padding, dtype, memory, lanes."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from dlcore.kernels.cpu import winograd  # noqa: E402
from dlcore.kernels.cpu.launch import Script, taping  # noqa: E402
from dlcore.kernels.cpu.threads import set_thread_count  # noqa: E402
from dlcore.kernels.cpu.winograd_cut import cut  # noqa: E402
from tests.kernels.cpu.winograd_cases import (  # noqa: E402
    FLOATS,
    SAME,
    Convolution,
    check,
    check_random,
    images,
)

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(
    "dtype",
    [
        "float32",
        "bfloat16",
        pytest.param("float16", marks=pytest.mark.slow),  # as bfloat16, with other conversions
    ],
)
def test_random_convolutions(tile, dtype):
    for seed in range(12):
        check_random(seed, tile, np.dtype(dtype))


@pytest.mark.parametrize(
    ("images", "size", "channels", "outputs"),
    [
        (24, (32, 32), 16, 16),  # blocks, and several sums
        (3, (61, 83), 17, 40),  # blocks with tails
        (40, (30, 31), 130, 70),  # slabs
        (5, (7, 7), 150, 300),  # many channels, few tiles
    ],
)
def test_large_convolutions(images, size, channels, outputs):
    check(Convolution(images, size, channels, outputs, SAME), tile=4)


@pytest.mark.parametrize("tile", [2, 4])
def test_tiles_of_2_are_as_exact_as_sums_and_tiles_of_4_ten_times_less(tile):
    """RMS error for outputs of variance 1."""
    case = Convolution(4, (16, 16), 64, 64, SAME)
    arrays = case.arrays(0, np.dtype(np.float32))
    exact = case.exact(arrays)["y"]
    error = case.results(arrays, tile)["y"] - exact
    assert np.sqrt(np.mean(error**2)) < {2: 5e-7, 4: 5e-6}[tile]


def test_large_weights_are_read_once():
    """Reading 38 MB again would take longer than what it is for."""
    found = cut(64, 4, 4, 512, 512, 4)
    assert found.room >= found.tiles == 64


def test_nothing_to_compute():
    for case in (
        Convolution(0, (5, 6), 3, 4, SAME),
        Convolution(2, (5, 6), 0, 4, SAME),
        Convolution(2, (1, 1), 3, 4, SAME),
    ):
        check(case, tile=4)


def test_relu_follows_the_bias():
    case = Convolution(2, (8, 8), 5, 20, SAME)
    arrays = case.arrays(0, np.dtype(np.float32))
    plain = case.results(arrays, 4)["y"]
    y = images(plain.shape, plain.dtype)
    winograd.forward(
        arrays["x"], arrays["weight"], arrays["bias"], y, padding=SAME, tile=4, relu=True
    )
    np.testing.assert_array_equal(y, np.maximum(plain, 0))
    assert (y == 0).any()


@pytest.mark.parametrize("tile", [2, 4])
def test_nan_and_infinity_stay_in_their_image_and_reach_all_that_reads_them(tile):
    case = Convolution(3, (9, 10), 18, 5, SAME)
    arrays = case.arrays(0, np.dtype(np.float32))
    clean = case.results(arrays, tile)
    arrays["x"][1, 17, 4, 4] = np.inf
    arrays["x"][1, 3, 8, 9] = np.nan
    results = case.results(arrays, tile)
    assert not np.isfinite(results["y"][1, :, 3:6, 3:6]).any()
    assert not np.isfinite(results["y"][1, :, 7:, 8:]).any()
    np.testing.assert_array_equal(results["y"][::2], clean["y"][::2])
    assert not np.isfinite(results["dweight"][:, [3, 17]]).any()


def test_arrays_of_any_strides():
    """Views with gaps, reversed and transposed ones, as inputs and as outputs."""
    case = Convolution(3, (7, 9), 18, 20, ((1, 0), (2, 1)))
    arrays = case.arrays(0, np.dtype(np.float32))
    expected = case.results(arrays, 4)
    odd = {name: odd_view(x) for name, x in arrays.items()}
    results = {name: odd_view(np.full_like(x, np.nan)) for name, x in expected.items()}
    case.compute(odd, results, 4)
    for name, x in expected.items():
        np.testing.assert_array_equal(results[name], x)


def odd_view(x):
    """The numbers in memory of another order, with gaps, and not aligned."""
    room = np.zeros((2 * x.size + 1) * x.itemsize + 1, np.uint8)[1 : -x.itemsize]
    room = room.view(x.dtype)[::-2].reshape(x.shape[::-1]).T
    room[...] = x
    return room


def test_outputs_are_written_where_they_are_alone():
    memory = np.full((2, 4, 8, 8, 5), 99, np.float32)
    case = Convolution(4, (8, 8), 5, 5, SAME)
    arrays = case.arrays(0, np.dtype(np.float32))
    y = memory[0].transpose(0, 3, 1, 2)
    winograd.forward(arrays["x"], arrays["weight"], None, y, padding=SAME, tile=4)
    assert (memory[1] == 99).all()
    assert (memory[0] != 99).all()


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one core")
@pytest.mark.parametrize("size", [(16, 16, 16, 16), (9, 30, 31, 40), (3, 10, 130, 140)])
def test_threads_do_not_change_the_bits(size):
    images, side, channels, outputs = size
    case = Convolution(images, (side, side), channels, outputs, SAME)
    arrays = case.arrays(0, np.dtype(np.float32))
    try:
        set_thread_count(1)
        one = case.results(arrays, 4)
        set_thread_count(2)
        two = case.results(arrays, 4)
    finally:
        set_thread_count(None)
    for name, x in one.items():
        np.testing.assert_array_equal(two[name], x)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("size", [(9, 30, 16, 20), (3, 10, 130, 140)])
def test_a_tape_does_it_again(dtype, size):
    images, side, channels, outputs = size
    case = Convolution(images, (side, side), channels, outputs, SAME)
    arrays, others = case.arrays(0, dtype), case.arrays(1, dtype)
    with taping() as tape:
        results = case.results(arrays, 4)
    assert tape.complete
    for name, x in others.items():
        arrays[name][...] = x
    Script(tape.launches).run()
    for name, x in case.results(others, 4).items():
        np.testing.assert_array_equal(results[name], x)


RANDOM = """
import numpy as np
from dlcore.kernels.cpu.machine import host
from tests.kernels.cpu.winograd_cases import FLOATS, check_random
for dtype in FLOATS[:2]:
    for seed in range(3):
        check_random(seed, 4, dtype)
print(host().lanes)
"""
x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="another processor")


def lanes(**variables):
    done = subprocess.run(
        [sys.executable, "-c", RANDOM],
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
    assert lanes(NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES=features) == "8"


@x86
@pytest.mark.slow
def test_the_oldest_64_bit_processors():
    assert lanes(NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+sse2") == "4"


def test_which_convolutions_are_meant():
    same = {"stride": (1, 1), "padding": SAME, "dilation": (1, 1), "groups": 1}
    assert winograd.suits((3, 3), **same)
    assert winograd.suits((3, 3), **same | {"padding": ((0, 2), (2, 1))})
    assert not winograd.suits((3, 5), **same)
    for other in (
        {"stride": (1, 2)},
        {"dilation": (2, 1)},
        {"groups": 2},
        {"padding": ((1, 1), (1, 3))},
    ):
        assert not winograd.suits((3, 3), **same | other)


@pytest.mark.parametrize(
    ("images", "side", "channels", "outputs", "tile"),
    [
        (128, 32, 16, 16, 4),
        (64, 4, 512, 512, 4),
        (64, 2, 64, 64, 2),  # tiles of 4x4 would be empty but for a quarter
        (64, 32, 3, 64, 0),  # three channels cost as much as 16
        (1, 4, 512, 512, 0),  # transforming the weights costs more than using them once
    ],
)
def test_the_fastest_tile(images, side, channels, outputs, tile):
    """As measured; the margins are wide."""
    assert winograd.tile_for(images, (side, side), channels, outputs) == tile
