"""What shuffles, halves, windows, distances and margins refuse; layouts."""

import pytest

import dlcore as dl
from dlcore.backend.interface.array import channels_last, order_of
from dlcore.errors import DtypeError, IndexRangeError, OptionError, ShapeError
from dlcore.nn import functional as F

X = dl.zeros(2, 3)
IMAGES = dl.zeros(1, 4, 2, 3)
LABELS = dl.tensor([0, 1])


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.pixel_shuffle(IMAGES, 3), ShapeError, "multiple of 9, received 4 for shape"),
        (lambda: F.pixel_shuffle(X, 1), ShapeError, "at least 3 axes.*unsqueeze"),
        (lambda: F.pixel_shuffle(IMAGES, 0), OptionError, "at least 1, received 0; choose"),
        (lambda: F.pixel_unshuffle(IMAGES, 2), ShapeError, "columns that are a multiple of 2"),
        (lambda: F.channel_shuffle(IMAGES, 3), ShapeError, "channels that are a multiple of 3"),
        (lambda: F.glu(X), ShapeError, r"even length along axis -1, received shape \(2, 3\)"),
        (lambda: F.softshrink(X, -1.0), OptionError, "at least 0, received lambd -1.0"),
        (lambda: X.unfold(1, 4, 1), OptionError, "size from 0 to 3.*size 4, step 1"),
        (lambda: X.unfold(1, 2, 0), OptionError, "step of at least 1"),
        (lambda: dl.cdist(X, dl.zeros(2, 2)), ShapeError, r"one length.*\(2, 2\); add"),
        (lambda: F.mse_loss(X, X, weight=X[0]), ShapeError, r"a weight of input's shape"),
        (lambda: F.multi_margin_loss(X, LABELS + 2), IndexRangeError, "3"),
        (lambda: F.multi_margin_loss(X, LABELS, p=3), OptionError, "p of 1 or 2, received 3"),
        (lambda: F.multi_margin_loss(X, dl.tensor(0)), ShapeError, "a label for each row"),
        (lambda: F.multi_margin_loss(X, X[:, 0]), DtypeError, "int64"),
        (lambda: F.cosine_embedding_loss(X, X, LABELS[:1]), ShapeError, "a target for each row"),
        (lambda: F.triplet_margin_loss(X, X, X, margin=0), OptionError, "positive margin"),
        (lambda: F.poisson_nll_loss(X, X, reduction="all"), OptionError, "mean, none, sum"),
        (lambda: X.index_fill(0, dl.tensor([5]), 0), IndexRangeError, "5"),
        (lambda: X.index_copy(2, LABELS, X), ShapeError, "axis from -2 to 1"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_shuffled_images_are_channels_last():
    x = dl.rand(2, 8, 4, 6)
    for y in (F.pixel_shuffle(x, 2), F.pixel_unshuffle(x, 2), F.channel_shuffle(x, 2)):
        assert order_of(y.array) == channels_last(4)
