"""Linear layers: sizes, first values, how they print, against PyTorch."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.errors import OptionError, ShapeError


def test_linear_has_pytorch_names_and_sizes():
    layer = nn.Linear(5, 3)
    assert {name: p.shape for name, p in layer.named_parameters()} == {
        "weight": (3, 5),
        "bias": (3,),
    }
    assert repr(layer) == "Linear(in_features=5, out_features=3, bias=True)"
    assert list(nn.Linear(5, 3, bias=False).state_dict()) == ["weight"]
    assert nn.Linear(5, 3, dtype=dl.float64).weight.dtype == dl.float64


def test_linear_starts_he_normal():
    layer = nn.Linear(400, 300)
    assert layer.weight.detach().numpy().std() == pytest.approx((2 / 400) ** 0.5, rel=0.02)
    assert not layer.bias.detach().numpy().any()
    assert not nn.Linear(4, 3, init="zeros").weight.detach().numpy().any()
    with pytest.raises(OptionError, match="initialise: expected init to be one of"):
        nn.Linear(4, 3, init="best")


def test_linear_names_its_path():
    network = nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 3))
    with pytest.raises(ShapeError, match=r"^1: linear: expected 4 features along the last axis"):
        network(dl.tensor(np.ones((2, 4), np.float32)))


def test_meta_needs_no_memory():
    assert nn.Linear(10**6, 10**6, device="meta").weight.shape == (10**6, 10**6)


def test_identity():
    x = dl.tensor([1.0])
    assert nn.Identity(3, some="thing")(x) is x
    assert repr(nn.Identity()) == "Identity()"


@pytest.mark.peer
@pytest.mark.parametrize(
    ("name", "sizes", "shapes"),
    [
        ("Linear", (5, 3), [(2, 4, 5)]),
        ("Linear", (5, 3, False), [(5,)]),
        ("Bilinear", (2, 3, 4), [(5, 2), (5, 3)]),
        ("Bilinear", (2, 3, 4, False), [(2,), (3,)]),
    ],
)
def test_as_pytorch(name, sizes, shapes):
    torch = pytest.importorskip("torch")
    ours, theirs = getattr(nn, name)(*sizes, dtype=dl.float64), getattr(torch.nn, name)(*sizes)
    assert repr(ours) == repr(theirs)
    theirs = theirs.double()
    ours.load_state_dict({key: dl.tensor(p.numpy()) for key, p in theirs.state_dict().items()})
    arrays = [np.random.default_rng(0).standard_normal(shape) for shape in shapes]
    y, expected = ours(*map(dl.tensor, arrays)), theirs(*map(torch.tensor, arrays))
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), atol=1e-14)
