"""Panels for every number of lanes: lines of the matrix, and zeros for those it doesn't have."""

import functools

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pack import PAIRS, pack_adjacent, pack_apart, pack_lines, panel_bytes
from tests.kernels.cpu.vectors import LANES, ready, target

WIDTHS = (6, 14, 32)
LAYOUTS = ("lines", "adjacent", "apart")
DTYPES = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


@functools.cache
def packing(lanes, width, dtype, layout):
    """A function of address, bytes from line to line and step to step, lines, depth, panel."""

    def code(v, x, lead, step, lines, depth, panel):
        if layout == "lines":
            pack_lines(v, width, dtype, x, lead, lines, depth, panel)
        elif layout == "adjacent":
            pack_adjacent(v, width, dtype, x, step, lines, depth, panel)
        else:
            pack_apart(v, width, dtype, x, lead, step, lines, depth, panel)

    return ready(code, target(lanes))


def matrix(lines, depth, room, dtype, layout):
    """Lines of random numbers within larger ones, of which none may get into the panel."""
    gap = 2 if layout == "apart" else 1
    around = np.full((2 * room, 2 * (depth + 8)), 99, dtype)
    around = np.asfortranarray(around) if layout == "adjacent" else around
    x = around[: gap * lines : gap, : gap * depth : gap]
    x[...] = np.random.default_rng(lines).standard_normal((lines, depth))
    return x


def check(lanes, width, dtype, layout):
    numbers = DTYPES.get(dtype, ml_dtypes.bfloat16)
    run = packing(lanes, width, dtype, layout)
    for lines in (1, width - 1, width):
        for depth in (0, 1, lanes, 2 * lanes + 1):
            x = matrix(lines, depth, width + 1, numbers, layout)
            steps = (depth + 1) // 2 if dtype == PAIRS else depth
            room = panel_bytes(width, steps, lanes) // 4
            panel = np.full(room + 1, np.nan, np.float32)
            run(x, x.strides[0], x.strides[1], lines, depth, panel)
            packed = panel[: width * steps]
            if dtype == PAIRS:
                packed = packed.view(ml_dtypes.bfloat16).reshape(steps, width, 2)
                packed = packed.transpose(1, 0, 2).reshape(width, 2 * steps)
            else:
                packed = packed.reshape(depth, width).T
            np.testing.assert_array_equal(packed[:lines, :depth], x)
            assert not packed[lines:].any()
            assert not packed[:, depth:].any()
            assert np.isnan(panel[room])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lanes", LANES)
def test_panels(lanes, width, layout):
    check(lanes, width, "float32", layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_16_bits(dtype, layout):
    check(host().lanes, 14, dtype, layout)


@pytest.mark.skipif(not host().bf16_dot, reason="this processor has no such instruction")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("width", [14, 32])
def test_pairs(width, layout):
    check(host().lanes, width, PAIRS, layout)
