"""What unfold and fold refuse, and how they fit convolution."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.nn import functional


def ones(*shape, dtype="float32"):
    return dl.tensor(np.ones(shape, dtype))


REFUSED = [
    (
        lambda: functional.unfold(ones(2, 3), 2),
        ShapeError,
        "unfold: expected an input with 4 axes, or 3 for one without a batch (N C H W or C H W), "
        "received input of shape (2, 3)",
    ),
    (
        lambda: functional.unfold(ones(1, 2, 3, 4), 5, padding=(1, 0)),
        ShapeError,
        "unfold: expected a kernel that fits the padded input of 5 x 4, received a kernel of 5 x 5",
    ),
    (
        lambda: functional.unfold(ones(1, 2, 3, 4), 0),
        ShapeError,
        "unfold: expected a kernel that fits the padded input of 3 x 4, received a kernel of 0 x 0",
    ),
    (
        lambda: functional.unfold(ones(1, 2, 3, 4, dtype="int64"), 2),
        DtypeError,
        "unfold: expected x of dtype bfloat16, float16, float32 or float64",
    ),
    (
        lambda: functional.unfold(ones(1, 2, 3, 4), 2, stride=0),
        OptionError,
        "unfold: expected stride of at least 1, received stride=0 x 0",
    ),
    (
        lambda: functional.fold(ones(1, 2, 3, 4), 4, 2),
        ShapeError,
        "fold: expected an input with 3 axes, or 2 for one without a batch (N C*R*S L or C*R*S L), "
        "received input of shape (1, 2, 3, 4)",
    ),
    (
        lambda: functional.fold(ones(1, 7, 9), 4, 2),
        ShapeError,
        "fold: expected a second axis that the 4 elements of kernel (2, 2) divide, received 7 from "
        "input of shape (1, 7, 9)",
    ),
    (
        lambda: functional.fold(ones(1, 8, 8), 4, 2),
        ShapeError,
        "fold: expected 9 columns, because a kernel of (2, 2) has 3 x 3 places in an output of "
        "4 x 4, received 8 from input of shape (1, 8, 8)",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refused(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
    assert caught.value.remedy


def test_convolution_is_a_product_with_the_columns():
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2, 3, 5, 6))
    weight = generator.standard_normal((4, 3, 3, 2))
    columns = functional.unfold(dl.tensor(x), (3, 2), padding=1, stride=2).numpy()
    product = np.einsum("ok,nkl->nol", weight.reshape(4, -1), columns)
    y = functional.conv2d(dl.tensor(x), dl.tensor(weight), padding=1, stride=2).numpy()
    np.testing.assert_allclose(product.reshape(y.shape), y, rtol=1e-12, atol=1e-12)
