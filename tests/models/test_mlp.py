"""Multilayer perceptrons: samples of any shape, layers as asked for."""

import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import ShapeError
from dlcore.models import MLP
from tests.models.steps import batch, losses


@pytest.mark.parametrize("shape", [(12,), (3, 2, 2)])
def test_samples_of_any_shape(shape):
    x, y = batch((6, *shape), classes=3)
    random.manual_seed(0)
    model = MLP(12, 3, hidden=(16, 8))
    assert model(x).shape == (6, 3)
    seen = losses(model, x, y, lr=0.1)
    assert seen[-1] < seen[0]


def test_layers():
    kinds = [type(layer) for layer in MLP(4, 1, hidden=(3, 2), dropout=0.1).layers]
    hidden = [nn.Linear, nn.ReLU, nn.Dropout]
    assert kinds == [*hidden, *hidden, nn.Linear]
    assert [type(layer) for layer in MLP(4, 1, hidden=()).layers] == [nn.Linear]


def test_wrong_number_of_features_names_the_layer():
    with pytest.raises(ShapeError, match=r"^layers\.0: linear: .*784.*12"):
        MLP()(dl.zeros(2, 12))
