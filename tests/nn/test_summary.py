"""Summaries: known figures, each row, and that nothing of the network is touched."""

import json

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.models import MODELS, LeNet5, build


def test_lenet():
    found = LeNet5().summary((1, 28, 28))
    assert found.parameters == found.trainable == 61_706
    assert found.parameter_bytes == 4 * 61_706
    assert found.multiply_adds == (
        6 * 28 * 28 * 25 + 16 * 10 * 10 * 6 * 25 + 400 * 120 + 120 * 84 + 84 * 10
    )
    assert sum(row.parameters for row in found.rows) == found.parameters
    first = next(row for row in found.rows if row.path == "features.0")
    assert (first.layer, first.outputs, first.parameters) == ("Conv2d", [(1, 6, 28, 28)], 156)
    assert first.output_bytes == 4 * 6 * 28 * 28
    assert [row.path for row in found.rows][:4] == ["", "features", "features.0", "features.1"]


@pytest.mark.parametrize(
    ("name", "giga"),
    [("resnet18", 1.814), ("resnet50", 4.089), ("vgg11", 7.609), ("vgg16", 15.470)],
)
def test_published_figures(name, giga):
    """As torchvision's documentation has them, for one photograph of 224 x 224 pixels."""
    network = build(name, device="meta")
    assert network.summary((3, 224, 224)).multiply_adds / 1e9 == pytest.approx(giga, abs=5e-4)


@pytest.mark.parametrize("name", MODELS)
def test_every_model(name):
    model = MODELS[name]
    found = model.build(model.shape, model.outputs, "meta").summary(model.shape)
    assert found.rows[0].outputs == [(1, model.outputs)]
    assert sum(row.parameters for row in found.rows) == found.parameters == model.parameters
    assert found.multiply_adds > 0.9 * found.parameters


@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions_by_their_formula(groups):
    layer = nn.Conv2d(4, 6, (3, 2), stride=2, groups=groups)
    found = layer.summary((4, 9, 9), batch_size=5)
    assert found.rows[0].outputs == [(5, 6, 4, 4)]
    assert found.multiply_adds == 5 * 6 * 4 * 4 * (4 // groups) * 3 * 2
    transposed = nn.ConvTranspose2d(6, 4, (3, 2), stride=2, groups=groups, bias=False)
    assert transposed.summary((6, 4, 4), batch_size=5).multiply_adds == found.multiply_adds


def test_bytes_count_every_array_that_is_written():
    found = nn.Sequential(nn.Linear(8, 4), nn.Flatten(), nn.ReLU()).summary((8,), batch_size=2)
    assert found.activation_bytes == 2 * (2 * 4 * 4)
    half = nn.Sequential(nn.Linear(8, 4), nn.ReLU()).half().summary(8, batch_size=2)
    assert half.activation_bytes == 2 * (2 * 4 * 2)
    assert half.rows[-1].output_bytes == 16


class Tied(nn.Module):
    """Two inputs, two outputs, a shared layer, a part that is never called, a frozen one."""

    def __init__(self):
        self.words = nn.Embedding(10, 3)
        self.shared = nn.Linear(3, 3, bias=False)
        self.scales = nn.ParameterList([nn.Parameter(dl.ones(3))])
        self.norm = nn.BatchNorm1d(3).requires_grad_(False)

    def forward(self, words, x):
        y = self.shared(self.shared(self.words(words))) * self.scales[0]
        return {"y": y, "x": (self.norm(x), 7)}


def test_several_inputs_shared_and_uncalled_parts():
    found = Tied().summary([(5,), (3,)], batch_size=2, dtypes=["int64", None])
    assert [row.path for row in found.rows] == ["", "words", "shared", "shared", "norm"]
    assert [row.parameters for row in found.rows] == [3, 30, 9, 0, 6]
    assert [row.multiply_adds for row in found.rows] == [0, 0, 90, 90, 0]
    assert found.rows[0].outputs == [(2, 5, 3), (2, 3)]
    assert (found.parameters, found.trainable, found.buffers) == (48, 42, 7)


def test_nothing_is_touched():
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    network.register_forward_hook(lambda module, inputs, output: pytest.fail("a user's hook ran"))
    before = {name: value.numpy().copy() for name, value in network.state_dict().items()}
    versions = [part.version.count for part in network.parameters()]
    random.manual_seed(1)
    network.summary(4)
    drawn = dl.rand(3).tolist()
    assert network.training
    assert network._path == ""
    assert all(
        np.array_equal(before[name], value.numpy()) for name, value in network.state_dict().items()
    )
    assert [part.version.count for part in network.parameters()] == versions
    random.manual_seed(1)
    assert dl.rand(3).tolist() == drawn


class Drawing(nn.Module):
    def forward(self, x):
        return nn.functional.dropout(x, 0.5, training=True)


def test_draws_of_the_shadow_are_not_counted():
    layer, x = Drawing(), dl.ones(100)
    random.manual_seed(1)
    expected = layer(x).tolist()
    random.manual_seed(1)
    layer.summary(100)
    assert layer(x).tolist() == expected


def test_errors_name_the_layer():
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Sequential(nn.Conv2d(7, 8, 3)))
    with pytest.raises(ShapeError, match=r"^1\.0: conv2d: expected 7 input channels"):
        network.summary((3, 9, 9))
    with pytest.raises(OptionError, match="a dtype for each of 1 inputs"):
        network.summary((3, 9, 9), dtypes=["float32", "int64"])
    for size in ("3,9,9", (3, 9.5, 9), [(3, 9, 9), 7]):
        with pytest.raises(OptionError, match="summary: expected the shape of a sample"):
            network.summary(size)
    with pytest.raises(DtypeError, match="summary: expected dtype"):
        network.summary((3, 9, 9), dtypes="text")


def test_text_and_json():
    found = nn.Sequential(nn.Linear(300, 40), nn.ReLU()).summary(300)
    text = str(found)
    assert text.splitlines()[:4] == [
        "path  layer       output  parameters  multiply-adds  output bytes",
        "      Sequential  1 x 40           -              -           160",
        "0     Linear      1 x 40      12,040         12,000           160",
        "1     ReLU        1 x 40           -              -           160",
    ]
    assert "parameters     12,040 (12,040 trainable), 48,160 bytes" in text
    assert json.loads(json.dumps(found.as_dict()))["rows"][1]["outputs"] == [[1, 40]]
