"""Products of matrices and linear maps: what they refuse, how they round, against PyTorch."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DeviceError, DtypeError, ShapeError
from dlcore.nn import functional


def ones(*shape, dtype="float32", **options):
    return dl.tensor(np.ones(shape), dtype, **options)


REFUSED = [
    (
        lambda: dl.matmul(ones(2, 3), ones(4, 5)),
        ShapeError,
        "matmul: expected 3 rows in the second operand, as the first has columns, received shapes "
        "(2, 3) and (4, 5); transpose one of them, or check the sizes",
    ),
    (lambda: ones(3) @ ones(4), ShapeError, "received shapes (3,) and (4,)"),
    (
        lambda: dl.matmul(ones(2, 3, 4), ones(3, 4, 5)),
        ShapeError,
        "matmul: expected batch axes whose lengths, counted from the last, are equal or 1, "
        "received shapes (2, 3, 4) and (3, 4, 5); reshape one of them",
    ),
    (
        lambda: dl.matmul(ones(), ones(3)),
        ShapeError,
        "matmul: expected operands with at least one axis, received shapes () and (3,)",
    ),
    (
        lambda: dl.matmul(ones(2, 2), ones(2, 2, dtype="float64")),
        DtypeError,
        "matmul: expected one dtype for first, second, received first float32, second float64",
    ),
    (
        lambda: dl.matmul(ones(2, 2, dtype="bool"), ones(2, 2, dtype="bool")),
        DtypeError,
        "matmul: expected a of dtype bfloat16, float16, float32, float64, int16",
    ),
    (
        lambda: ones(2, 2) @ np.ones((2, 2)),
        DtypeError,
        "matmul: expected tensors on both sides of @, received a tensor of shape (2, 2) and "
        "ndarray",
    ),
    (lambda: np.ones((2, 2)) @ ones(2, 2), DtypeError, "expected tensors on both sides of @"),
    (
        lambda: dl.matmul(ones(2, 2), ones(2, 2, device="meta")),
        DeviceError,
        "matmul: expected all tensors on one device",
    ),
    (lambda: dl.mm(ones(2), ones(2, 2)), ShapeError, "mm: expected input with 2 axes (M K)"),
    (lambda: dl.mm(ones(2, 2), ones(1, 2, 2)), ShapeError, "mm: expected mat2 with 2 axes (K N)"),
    (
        lambda: dl.mm(ones(2, 3), ones(2, 3)),
        ShapeError,
        "mm: expected 3 rows in the second",
    ),
    (lambda: dl.mv(ones(2, 2), ones(2, 1)), ShapeError, "mv: expected vec with 1 axes (K)"),
    (lambda: dl.bmm(ones(2, 2), ones(2, 2, 2)), ShapeError, "bmm: expected input with 3 axes"),
    (
        lambda: dl.bmm(ones(1, 2, 2), ones(3, 2, 2)),
        ShapeError,
        "bmm: expected two batches of one length, received shapes (1, 2, 2) and (3, 2, 2); use "
        "matmul, which broadcasts",
    ),
    (lambda: dl.dot(ones(2, 2), ones(2)), ShapeError, "dot: expected input with 1 axes (K)"),
    (lambda: dl.outer(ones(2, 2), ones(2)), ShapeError, "outer: expected input with 1 axes (M)"),
    (
        lambda: dl.addmm(ones(3, 1, 1), ones(2, 3), ones(3, 4)),
        ShapeError,
        "addmm: expected an input that broadcasts to the product's shape (2, 4), received shape "
        "(3, 1, 1)",
    ),
    (lambda: dl.addmm(ones(3), ones(2, 3), ones(3, 4)), ShapeError, "received shape (3,)"),
    (
        lambda: dl.addmm(ones(4, dtype="float64"), ones(2, 3), ones(3, 4)),
        DtypeError,
        "addmm: expected one dtype for input, product, received input float64, product float32",
    ),
    (
        lambda: functional.linear(ones(2, 4), ones(5, 3)),
        ShapeError,
        "linear: expected 3 features along the last axis of input, received input of shape (2, 4), "
        "weight of shape (5, 3); flatten or transpose input, or build the layer with other",
    ),
    (
        lambda: functional.linear(ones(3), ones(3)),
        ShapeError,
        "expected weight with 2 axes (O I)",
    ),
    (
        lambda: functional.linear(ones(2, 3), ones(5, 3), ones(3)),
        ShapeError,
        "linear: expected a bias of shape (5,), received shape (3,)",
    ),
    (
        lambda: functional.linear(ones(2, 3), ones(5, 3, dtype="float16")),
        DtypeError,
        "linear: expected one dtype for input, weight, received input float32, weight float16",
    ),
    (
        lambda: functional.bilinear(ones(2, 3), ones(1, 4), ones(5, 3, 4)),
        ShapeError,
        "bilinear: expected input1 of shape (..., 3) and input2 of shape (..., 4), received shapes "
        "(2, 3) and (1, 4)",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refuses(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_halves_are_summed_in_fp32():
    """4096 ones and then small values: fp16 would stop counting at 2048."""
    row = dl.tensor(np.ones((1, 4097)), "float16")
    column = dl.tensor(np.full((4097, 1), 0.125), "float16")
    assert (row @ column).item() == 512.0  # 512.125 rounded once
    bias = dl.tensor([0.25], "float16")  # enters before the rounding: 512.375 is nearer to 512.5
    assert functional.linear(row, dl.tensor(np.full((1, 4097), 0.125), "float16"), bias) == 512.5


def test_integers():
    a = dl.tensor(np.full((1, 3), 100), "uint8")
    assert (a @ dl.tensor(np.full((3, 1), 1), "uint8")).tolist() == [[300 % 256]]


def test_autocast():
    with dl.autocast("bfloat16"):
        assert (ones(2, 3) @ ones(3, 2)).dtype == dl.bfloat16
        assert functional.linear(ones(2, 3), ones(4, 3), ones(4)).dtype == dl.bfloat16


def test_zero_beta_ignores_what_is_there():
    nothing = dl.tensor(np.full((2, 2), np.nan), "float32")
    assert dl.addmm(nothing, ones(2, 3), ones(3, 2), beta=0).tolist() == [[3.0, 3.0], [3.0, 3.0]]


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(200))
def test_random_ranks_as_pytorch(seed):
    """Any two ranks, with batch axes that broadcast; some of the memory transposed."""
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(seed)
    m, k, n = generator.integers(1, 6, 3)
    batch = generator.integers(1, 4, 3)

    def operand(matrix, vector):
        rank = generator.integers(1, 6)
        if rank == 1:
            return generator.standard_normal(vector)
        lead = [int(size) if generator.random() < 0.7 else 1 for size in batch[5 - rank :]]
        values = generator.standard_normal((*lead, *matrix))
        return (
            values if generator.random() < 0.5 else values.swapaxes(-1, -2).copy().swapaxes(-1, -2)
        )

    arrays = operand((m, k), (k,)), operand((k, n), (k,))
    ours = [dl.from_numpy(array).requires_grad_() for array in arrays]
    theirs = [torch.from_numpy(array).requires_grad_() for array in arrays]
    y, expected = dl.matmul(*ours), torch.matmul(*theirs)
    assert y.shape == tuple(expected.shape)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), atol=1e-13)
    dy = generator.standard_normal(y.shape)
    y.backward(dl.tensor(dy))
    expected.backward(torch.from_numpy(np.asarray(dy)))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.grad.numpy(), other.grad.numpy(), atol=1e-12)
