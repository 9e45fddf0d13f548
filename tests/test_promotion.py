"""In which dtype operands meet: the whole table of pairs, frozen, and PyTorch's answers."""

import itertools

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.interface.array import Dtype, bfloat16
from dlcore.promotion import promote_types, result_type

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64"]
NAMES += ["float16", "bfloat16", "float32", "float64"]

# Row and column meet in the entry; only the upper half is written, the table is symmetric.
TABLE = """
bool  uint8  int8   int16  int32  int64  float16  bfloat16  float32  float64
      uint8  int16  int16  int32  int64  float16  bfloat16  float32  float64
             int8   int16  int32  int64  float16  bfloat16  float32  float64
                    int16  int32  int64  float16  bfloat16  float32  float64
                           int32  int64  float16  bfloat16  float32  float64
                                  int64  float16  bfloat16  float32  float64
                                         float16  float32   float32  float64
                                                  bfloat16  float32  float64
                                                            float32  float64
                                                                     float64
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
PAIRS = [(a, b, ROWS[i][j]) for i, a in enumerate(NAMES) for j, b in enumerate(NAMES[i:])]
NUMBERS = {"flag": True, "integer": 3, "float": 1.5}


def dtype(name) -> Dtype:
    return bfloat16 if name == "bfloat16" else np.dtype(name)


@pytest.mark.parametrize(("a", "b", "expected"), PAIRS)
def test_table(a, b, expected):
    assert promote_types(dtype(a), dtype(b)).name == expected
    assert promote_types(dtype(b), dtype(a)).name == expected


@pytest.mark.parametrize(
    ("tensors", "numbers", "expected"),
    [
        # of equal rank the tensor with axes wins
        ([("float16", 1), ("float32", 0)], [], "float16"),
        ([("int8", 1), ("int64", 0)], [], "int8"),
        # a higher rank wins whoever has it
        ([("int64", 1), ("float16", 0)], [], "float16"),
        ([("bool", 1), ("int8", 0)], [], "int8"),
        # numbers are weak
        ([("float16", 1)], [1.5], "float16"),
        ([("float64", 0)], [1.5], "float64"),
        ([("int32", 1)], [1.5], "float32"),
        ([("int8", 1)], [3], "int8"),
        ([("bool", 1)], [3], "int64"),
        ([("bool", 0)], [True], "bool"),
        ([("uint8", 1)], [True], "uint8"),
        ([("bool", 1), ("int8", 0)], [1.5], "float32"),
    ],
)
def test_ranks(tensors, numbers, expected):
    given = [(dtype(name), ndim) for name, ndim in tensors]
    assert result_type(given, numbers).name == expected


def test_results_have_the_dtype():
    small, number = dl.ones(2, dtype=dl.int32), dl.ones(2, dtype=dl.float16)
    assert (small + number).dtype == dl.float16
    assert (small / small).dtype == dl.float32
    assert (small * 1.5).dtype == dl.float32
    assert (number * 1.5).dtype == dl.float16


def test_numbers_are_not_rounded_to_16_bits():
    """0.1 is not a float16; the product is that of fp32, rounded once, as in PyTorch."""
    x = dl.full((1,), 3.0, dtype=dl.float16)
    assert (x * 0.1).item() == np.float16(0.3)
    assert (x * dl.tensor([0.1], dtype=dl.float16)).item() != np.float16(0.3)


def test_numpy_numbers_are_weak():
    x = dl.ones(2, dtype=dl.float16)
    for number in (np.float64(2), np.float32(2), np.int64(2)):
        assert (x * number).dtype == (number * x).dtype == dl.float16
        assert isinstance(number * x, dl.Tensor)


def test_integers_wrap_around():
    x = dl.tensor([100], dtype=dl.int8)
    assert (x + x).item() == -56
    assert (x + 300).item() == -112
    assert (dl.tensor([1], dtype=dl.uint8) - 2).item() == 255
    assert (-dl.tensor([1], dtype=dl.uint8)).item() == 255
    assert (~dl.tensor([1], dtype=dl.uint8)).item() == 254
    assert (3 - dl.tensor([5], dtype=dl.uint8)).item() == 254


OPERATIONS = {
    "add": lambda lib, a, b: a + b,
    "multiply": lambda lib, a, b: a * b,
    "divide": lambda lib, a, b: a / b,
    "equal": lambda lib, a, b: a == b,
    "less": lambda lib, a, b: a < b,
    "where": lambda lib, a, b: lib.where(lib.tensor([True, False]), a, b),
    "floor_divide": lambda lib, a, b: a // b,
    "power": lambda lib, a, b: a**b,
}


def outcome(lib, function, *operands):
    """The result's dtype, or that it is refused."""
    try:
        answer = function(lib, *operands)
    except (TypeError, RuntimeError, NotImplementedError):
        return "refused"
    return answer.dtype.name if lib is dl else str(answer.dtype).removeprefix("torch.")


@pytest.mark.peer
@pytest.mark.parametrize("name", OPERATIONS)
def test_as_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")

    def operand(lib, kind, made):
        return made if kind == "number" else lib.tensor(made, dtype=getattr(lib, kind))

    values = [(kind, shape) for kind in NAMES for shape in ([1, 1], 1)]
    values += [("number", number) for number in NUMBERS.values()]
    compared = 0
    for left, right in itertools.product(values, values):
        if left[0] == right[0] == "number":
            continue
        ours = outcome(dl, OPERATIONS[name], operand(dl, *left), operand(dl, *right))
        theirs = outcome(torch, OPERATIONS[name], operand(torch, *left), operand(torch, *right))
        if "refused" in (ours, theirs):
            assert name in ("floor_divide", "power")
            continue
        assert ours == theirs, (name, left, right)
        compared += 1
    assert compared > 300
