"""Panels for every number of lanes: lines of the matrix, and zeros for those it doesn't have."""

import functools

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.machine import Target
from dlcore.kernels.cpu.pack import pack_adjacent, pack_lines, panel_bytes
from tests.kernels.cpu.vectors import LANES, call_with

WIDTHS = (6, 14, 32)


@functools.cache
def packing(lanes, width, adjacent):
    return call_with((pack_adjacent if adjacent else pack_lines)(Target(lanes), width))


@pytest.mark.parametrize("adjacent", [True, False], ids=["adjacent", "contiguous"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lanes", LANES)
def test_panels(lanes, width, adjacent):
    """The matrix lies within larger numbers, of which none gets into the panel."""
    run = packing(lanes, width, adjacent)
    for lines in (1, width - 1, width):
        for depth in (0, 1, lanes, 2 * lanes + 1):
            inside = np.random.default_rng(lines).standard_normal((lines, depth), np.float32)
            around = np.full((width + 2, depth + 2 * lanes), 99, np.float32)
            around = np.asfortranarray(around) if adjacent else around
            x = around[:lines, :depth]
            x[...] = inside
            room = panel_bytes(width, depth, lanes) // 4
            panel = np.full(room + 1, np.nan, np.float32)
            run(x, x.strides[1] if adjacent else x.strides[0], lines, depth, panel)
            packed = panel[: width * depth].reshape(depth, width).T
            np.testing.assert_array_equal(packed[:lines], inside)
            np.testing.assert_array_equal(packed[lines:], 0)
            assert np.isnan(panel[room])
