"""Reductions: what they refuse, and what their cases can't show."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DtypeError, OptionError, ShapeError

X, WHOLE = dl.ones(2, 3), dl.tensor([1, 2])

REFUSED = [
    (lambda: X.sum(2), ShapeError, "sum: expected an axis from -2 to 1, received axis 2; count"),
    (lambda: X.mean((0, -2)), ShapeError, r"mean: expected every axis once, received axes \(0, -2"),
    (lambda: WHOLE.mean(), DtypeError, "mean: expected x of dtype .* int64; convert it"),
    (lambda: WHOLE.var(), DtypeError, "var: expected x of dtype .* int64; convert it"),
    (lambda: WHOLE.norm(), DtypeError, "vector_norm: expected x of dtype .*float16"),
    (lambda: dl.ones(0).max(), ShapeError, r"amax: expected at least one element .* \(0,\)"),
    (lambda: dl.ones(2, 0).min(1), ShapeError, "amin: expected at least one element"),
    (lambda: dl.ones(0, 0).amax(1), ShapeError, "amax: expected at least one element"),
    (lambda: dl.ones(0, 0, 3).argmin(0), ShapeError, "argmin: expected at least one element"),
    (lambda: X.sum("x"), OptionError, "sum: expected an axis as an integer, received 'x'; count"),
    (lambda: X.sum(1.0), OptionError, "sum: expected an axis as an integer, received 1.0"),
    (lambda: X.sum(0, dtype="x"), DtypeError, "sum: expected dtype .*, received dtype x; write"),
    (lambda: dl.ones(0).argmax(), ShapeError, "argmax: expected at least one element"),
    (lambda: X.argmin(3), ShapeError, "argmin: expected an axis from -2 to 1, received axis 3"),
    (lambda: X.cumsum(5), ShapeError, "cumsum: expected an axis from -2 to 1, received axis 5"),
    (lambda: X.norm("nuc"), OptionError, "expected a number or 'fro', received 'nuc'"),
    (lambda: dl.ones(0).norm(float("inf")), ShapeError, "at least one element"),
    (lambda: dl.sum(3.0), DtypeError, "sum: expected tensors, received float; wrap"),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refused(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert caught.value.remedy


def test_sixteen_bits_are_summed_in_fp32():
    """4096 ones and a hundredth: float16 sums would stop at 2048."""
    ones = dl.ones(4096, dtype=dl.float16)
    assert ones.sum().item() == 4096
    assert ones.mean().item() == 1
    assert ones.cumsum(0).tolist()[-1] == 4096
    assert ones.norm().item() == 64


def test_variance_keeps_its_digits_far_from_zero():
    x = dl.tensor(np.arange(5) + 1e6, dtype=dl.float32)
    assert x.var().item() == 2.5


def test_equal_elements_share_the_gradient_of_amax_but_not_of_max_along_an_axis():
    x = dl.tensor([[1.0, 3.0, 3.0]], requires_grad=True)
    x.amax(1).sum().backward()
    assert x.grad.tolist() == [[0, 0.5, 0.5]]
    x.grad = None
    x.max(1).values.sum().backward()
    assert x.grad.tolist() == [[0, 1, 0]]
    x.grad = None
    x.max().backward()
    assert x.grad.tolist() == [[0, 0.5, 0.5]]


def test_max_gives_a_named_pair():
    values, indices = dl.tensor([[1, 5], [7, 3]]).max(1)
    assert values.tolist() == [5, 7]
    assert indices.tolist() == [1, 0]
    assert indices.dtype == dl.int64


def test_nan_beats_every_number():
    x = dl.tensor([1.0, float("nan"), 9.0])
    assert (x.argmax().item(), x.argmin().item()) == (1, 1)
    assert np.isnan(x.amax().item())
    assert np.isnan(x.min(0).values.item())


def test_sums_under_autocast_are_fp32():
    x = dl.ones(3, dtype=dl.float16)
    with dl.autocast("float16"):
        assert x.sum().dtype == dl.float32
        assert x.mean().dtype == dl.float16
