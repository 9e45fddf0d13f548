"""Multiply-adds of launches, forward and backward."""

import pytest

from dlcore.autograd import grad
from dlcore.backend.base import observer
from dlcore.backend.interface import PRIMITIVES
from dlcore.backend.work import MULTIPLY_ADDS, multiply_adds
from dlcore.nn import Bilinear, Conv2d, ConvTranspose2d, Linear
from dlcore.ops.create import ones, ones_like


class Counter:
    def __init__(self):
        self.counts = []

    def launched(self, call):
        self.counts.append(multiply_adds(call))


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"),
    [
        (Linear(3, 5), [(7, 3)], 7 * 5 * 3),
        (Conv2d(4, 6, (3, 2), padding=1, groups=2), [(2, 4, 5, 5)], 2 * 6 * (5 * 6) * 2 * 3 * 2),
        (ConvTranspose2d(4, 6, 2, stride=2), [(2, 4, 5, 5)], (2 * 4 * 25) * 6 * 2 * 2),
        (Bilinear(3, 4, 5), [(2, 3), (2, 4)], 2 * 3 * 20 + 2 * 5 * 4),
    ],
    ids=["Linear", "Conv2d", "ConvTranspose2d", "Bilinear"],
)
def test_each_gradient_takes_as_many_as_the_forward_pass(layer, shapes, expected):
    inputs = [ones(shape, requires_grad=True) for shape in shapes]
    forward, backward = Counter(), Counter()
    token = observer.set(forward)
    y = layer(*inputs)
    observer.reset(token)
    token = observer.set(backward)
    grad(y, [inputs[0], layer.weight], ones_like(y))
    observer.reset(token)
    assert sum(forward.counts) == expected
    assert sum(backward.counts) == 2 * expected


def test_no_product_is_forgotten():
    products = {name for name in PRIMITIVES if name.startswith(("conv", "matmul"))}
    assert products == set(MULTIPLY_ADDS)
