"""Padding refuses what doesn't fit, and says what would."""

import numpy as np
import pytest

from dlcore.backend import get_backend
from dlcore.backend.interface import PRIMITIVES
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.pad import pad
from dlcore.tensors import tensor

ROWS = tensor(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    ("call", "kind", "expected", "received"),
    [
        (lambda: pad(ROWS, (1,)), OptionError, "two numbers", "(1,)"),
        (lambda: pad(ROWS, (1,) * 6), ShapeError, "at most 4", "6"),
        (lambda: pad(ROWS, (1, 1), "mirror"), OptionError, "reflect", "'mirror'"),
        (lambda: pad(ROWS, (1, 1), "reflect", 0.0), OptionError, "no value", "0.0"),
        (lambda: pad(ROWS, (3, 0), "reflect"), ShapeError, "at most 2", "(3, 0)"),
        (lambda: pad(ROWS, (0, 4), "circular"), ShapeError, "at most 3", "(0, 4)"),
        (lambda: pad(ROWS, (-2, -2)), ShapeError, "leaves something", "(-2, -2)"),
        (
            lambda: PRIMITIVES["pad"](
                get_backend("meta"), ROWS.array, padding=((0, 0),), mode="constant", value=0.0
            ),
            ShapeError,
            "each of 2 axes",
            "1",
        ),
    ],
)
def test_errors(call, kind, expected, received):
    with pytest.raises(kind) as caught:
        call()
    assert expected in caught.value.expected
    assert received in caught.value.received
    assert caught.value.remedy


def test_integers_keep_their_dtype():
    padded = pad(tensor([1, 2]), (1, 0), value=7)
    assert padded.dtype == np.int64
    assert padded.tolist() == [7, 1, 2]
