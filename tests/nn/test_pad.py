"""Padding layers: which axes, in which mode."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.errors import ShapeError

MODES = {"Reflection": "reflect", "Replication": "edge", "Circular": "wrap"}
X = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


@pytest.mark.parametrize("kind", MODES)
@pytest.mark.parametrize("axes", [1, 2])
def test_copies(kind, axes):
    sides = (2, 1) if axes == 1 else (2, 1, 1, 2)
    layer = getattr(nn, f"{kind}Pad{axes}d")(sides)
    width = [(0, 0), (0, 0), (2, 1)] if axes == 1 else [(0, 0), (1, 2), (2, 1)]
    assert np.array_equal(layer(dl.tensor(X)).numpy(), np.pad(X, width, mode=MODES[kind]))
    assert repr(layer) == f"{kind}Pad{axes}d({sides})"
    assert type(layer)(1).padding == (1, 1) * axes


@pytest.mark.parametrize("axes", [1, 2])
def test_constants(axes):
    width = [(0, 0)] * (3 - axes) + [(1, 1)] * axes
    for layer, value in ((f"ZeroPad{axes}d", ()), (f"ConstantPad{axes}d", (7.0,))):
        padded = getattr(nn, layer)(1, *value)(dl.tensor(X)).numpy()
        expected = np.pad(X, width, constant_values=value[0] if value else 0.0)
        assert np.array_equal(padded, expected)


@pytest.mark.parametrize(("axes", "letters"), [(1, "N C L or C L"), (2, "N C H W or C H W")])
def test_another_number_of_axes(axes, letters):
    with pytest.raises(ShapeError, match=f"Pad{axes}d: expected x with the axes {letters}"):
        getattr(nn, f"CircularPad{axes}d")(1)(dl.ones((3,) * (axes + 3)))
