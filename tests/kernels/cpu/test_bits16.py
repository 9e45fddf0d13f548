"""16-bit floats: every pattern up, and down from wherever rounding could go wrong."""

import functools

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.bits16 import dot_pairs, narrow, widen
from dlcore.kernels.cpu.machine import host
from tests.kernels.cpu.vectors import LANES, ready, target

DTYPES = {"bfloat16": np.dtype(ml_dtypes.bfloat16), "float16": np.dtype(np.float16)}
PATTERNS = np.arange(2**16, dtype=np.uint16)
WAYS = [(lanes, half) for lanes in LANES for half in {False, host().half}]


@functools.cache
def conversions(lanes, half):
    """Both dtypes' functions to float32 and back, compiled together."""

    def code(v, source, target, count, dtype, down):
        for number, name in enumerate(DTYPES):

            def up_step(i, mask, name=name):
                v.store(
                    widen(v, v.load(source + i * 2, "uint16", mask), name), target + i * 4, mask
                )

            def down_step(i, mask, name=name):
                v.store(narrow(v, v.load(source + i * 4, mask=mask), name), target + i * 2, mask)

            for direction, step in enumerate((up_step, down_step)):
                asked = dtype.equals(number) & down.equals(direction)
                v.when(asked, [], lambda _, step=step: v.each(count, step) or [])

    return ready(code, target(lanes, half=half))


def convert(way, x, dtype):
    down = x.dtype == np.float32
    y = np.empty(x.shape, np.uint16 if down else np.float32)
    conversions(*way)(x, y, x.size, list(DTYPES).index(dtype), int(down))
    return y


def same_numbers(x, y):
    """The same bits, but for those of NaN."""
    np.testing.assert_array_equal(np.isnan(x), np.isnan(y))
    bits = f"u{x.dtype.itemsize}"
    numbers = ~np.isnan(x)
    np.testing.assert_array_equal(x.view(bits)[numbers], y.view(bits)[numbers])
    np.testing.assert_array_equal(np.signbit(x), np.signbit(y))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_pattern_becomes_its_number(way, dtype):
    expected = PATTERNS.view(DTYPES[dtype]).astype(np.float32)
    same_numbers(convert(way, PATTERNS, dtype), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_numbers_round_to_the_nearest_even(way, dtype):
    """Each number of 16 bits, the middle between it and the next, and their float32 neighbours."""
    numbers = PATTERNS.view(DTYPES[dtype]).astype(np.float32)
    following = (PATTERNS + np.uint16(1)).view(DTYPES[dtype]).astype(np.float32)
    with np.errstate(all="ignore"):
        middle = (numbers.astype(np.float64) + following) / 2
        places = np.concatenate([numbers, middle.astype(np.float32)])
        x = np.concatenate(
            [places, *(np.nextafter(places, side) for side in np.float32([-4e38, 4e38]))]
        )
        x = np.concatenate(
            [x, np.float32([1e-45, -1e-45, 65519.99, 65520, 3.4e38, -3.4e38, np.nan])]
        )
        expected = x.astype(DTYPES[dtype])
    same_numbers(convert(way, x, dtype).view(DTYPES[dtype]), expected)


@functools.cache
def dots(lanes, machine):
    def code(v, total, x, y):
        v.store(dot_pairs(v, v.load(total), v.load(x, "int32"), v.load(y, "int32")), total)

    return ready(code, target(lanes, bf16_dot=machine))


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("machine", sorted({False, host().bf16_dot}))
def test_pairs_are_multiplied_and_added(lanes, machine):
    """By both ways in the same order: the second product first, each sum rounded once."""
    generator = np.random.default_rng(lanes)
    for _ in range(50):
        total = generator.standard_normal(lanes).astype(np.float32)
        x, y = generator.standard_normal((2, lanes, 2)).astype(DTYPES["bfloat16"])
        pairs = x.astype(np.float64) * y.astype(np.float64)  # exact
        expected = (total.astype(np.float64) + pairs[:, 1]).astype(np.float32)
        expected = (expected.astype(np.float64) + pairs[:, 0]).astype(np.float32)
        dots(lanes, machine)(total, x, y)
        np.testing.assert_array_equal(total, expected)
