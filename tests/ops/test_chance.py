"""Draws of slopes and classes: their ranges, shares, seeds and errors."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.nn import functional


def test_rrelu_draws_slopes_between_its_bounds():
    x = dl.full((200, 50), -1.0)
    dl.manual_seed(1)
    slopes = -functional.rrelu(x, 0.2, 0.4, training=True).numpy()
    assert slopes.min() >= 0.2
    assert slopes.max() <= 0.4
    assert abs(slopes.mean() - 0.3) < 4 * 0.2 / np.sqrt(12 * x.numel())
    assert functional.rrelu(-x, training=True).tolist() == (-x).tolist()
    with pytest.raises(OptionError, match="lower <= upper, received lower 1, upper 0; exchange"):
        functional.rrelu(x, 1, 0)


def test_gumbel_softmax_chooses_with_the_probabilities_of_softmax():
    chances = np.array([0.1, 0.2, 0.7])
    dl.manual_seed(2)
    count = 20000
    logits = dl.tensor(np.log(chances)).expand(count, 3)
    hard = functional.gumbel_softmax(logits, hard=True).numpy()
    assert set(np.unique(hard)) == {0.0, 1.0}
    assert (hard.sum(1) == 1).all()
    assert (abs(hard.mean(0) - chances) < 4 * np.sqrt(chances * (1 - chances) / count)).all()


def test_hard_choices_have_the_gradient_of_soft_ones():
    gradients = []
    for hard in (False, True):
        dl.manual_seed(3)
        x = dl.tensor([[0.5, -1.0, 2.0]], requires_grad=True)
        (
            functional.gumbel_softmax(x, tau=2.0, hard=hard) * dl.tensor([1.0, 2.0, 4.0])
        ).sum().backward()
        gradients.append(x.grad.numpy())
    np.testing.assert_array_equal(*gradients)


def test_multinomial_draws_with_the_shares_of_weights():
    weights = dl.tensor([1.0, 0.0, 3.0])
    dl.manual_seed(4)
    count = 20000
    drawn = dl.multinomial(weights, count, replacement=True)
    assert drawn.dtype == dl.int64
    shares = np.bincount(drawn.numpy(), minlength=3) / count
    expected = np.array([0.25, 0, 0.75])
    assert (abs(shares - expected) <= 4 * np.sqrt(expected * (1 - expected) / count)).all()


def test_multinomial_without_replacement():
    dl.manual_seed(5)
    rows = dl.tensor([[1.0, 2.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0]]).expand(5000, 2, 4)
    drawn = rows.reshape(-1, 4).multinomial(3).numpy().reshape(5000, 2, 3)
    assert (np.sort(drawn[:, 0]) == [0, 1, 3]).all()
    assert (np.sort(drawn[:, 1]) == [0, 1, 2]).all()
    first = (drawn[:, 0, 0] == 1).mean()  # with weight 2 of 4
    assert abs(first - 0.5) < 4 * 0.5 / np.sqrt(5000)


def test_a_seed_draws_the_same_again():
    drawn = []
    for _ in range(2):
        dl.manual_seed(6)
        drawn.append(dl.ones(20).multinomial(8).tolist())
    assert drawn[0] == drawn[1] != dl.ones(20).multinomial(8).tolist()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: dl.ones(3).multinomial(4), OptionError, "at least 4 positive.*draw with"),
        (lambda: (-dl.ones(3)).multinomial(1), OptionError, "none negative"),
        (lambda: dl.zeros(3).multinomial(1, True), OptionError, "at least 1 positive"),
        (lambda: dl.ones(3).multinomial(0), OptionError, "for 0 samples"),
        (lambda: dl.ones(1, 1, 1).multinomial(1), ShapeError, r"K or N K.*\(1, 1, 1\)"),
        (lambda: dl.tensor([1]).multinomial(1), DtypeError, "int64"),
        (lambda: functional.gumbel_softmax(dl.zeros(2), dim=1), ShapeError, "axis"),
        (lambda: functional.gumbel_softmax(dl.tensor([1])), DtypeError, "int64"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
