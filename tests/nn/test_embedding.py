"""The table of vectors: how it starts, looks up, learns; layers that only pass options on."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.errors import IndexRangeError

OPTIONS = [
    ("PixelShuffle", (2,), (2, 8, 3, 2)),
    ("PixelUnshuffle", (2,), (2, 3, 4, 6)),
    ("ChannelShuffle", (2,), (2, 4, 3, 2)),
    ("Unfold", ((2, 3), 1, 1, 2), (2, 3, 5, 6)),
    ("Fold", ((4, 5), (2, 3), 1, 0, 1), (2, 18, 9)),
    ("LPPool2d", (2.0, 2, 1, True), (1, 2, 5, 4)),
    ("LPPool1d", (1.0, 3), (1, 2, 7)),
]


def test_rows_of_the_table():
    table = nn.Embedding(7, 3)
    indices = dl.tensor([[1, 6], [0, 1]])
    np.testing.assert_array_equal(
        table(indices).detach().numpy(), table.weight.detach().numpy()[indices.numpy()]
    )
    assert list(table.state_dict()) == ["weight"]
    assert repr(table) == "Embedding(7, 3)"
    with pytest.raises(IndexRangeError, match="0 to 6"):
        table(dl.tensor([7]))


def test_starts_normal_unless_told():
    weight = nn.Embedding(400, 50).weight.detach().numpy()
    assert abs(weight.mean()) < 4 / np.sqrt(weight.size)
    assert abs(weight.std() - 1) < 4 / np.sqrt(2 * weight.size)
    assert nn.Embedding(2, 2, init="ones", dtype=dl.float64).weight.tolist() == [[1, 1], [1, 1]]
    assert nn.Embedding(2, 2, device="meta").weight.device == "meta"


def test_padding_starts_at_zero_and_stays():
    table = nn.Embedding(4, 2, padding_idx=-1)
    assert table.weight.tolist()[3] == [0, 0]
    table(dl.tensor([3, 1, 1])).sum().backward()
    assert table.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0], [0, 0]]
    assert repr(table) == "Embedding(4, 2, padding_idx=-1)"


@pytest.mark.peer
@pytest.mark.parametrize(("name", "arguments", "shape"), OPTIONS)
def test_layer_as_pytorch(name, arguments, shape):
    torch = pytest.importorskip("torch")
    ours, theirs = getattr(nn, name)(*arguments), getattr(torch.nn, name)(*arguments)
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).standard_normal(shape) ** 2
    expected = theirs(torch.tensor(x)).numpy()
    np.testing.assert_allclose(ours(dl.tensor(x)).numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("axes", "shape"), [("2d", (2, 3, 4, 6)), ("1d", (2, 3, 6))])
def test_unpooling_is_the_inverse_where_values_were(axes, shape):
    pool = getattr(nn, f"MaxPool{axes}")(2, return_indices=True)
    unpool = getattr(nn, f"MaxUnpool{axes}")(2)
    values, indices = pool(dl.rand(*shape))
    y = unpool(values, indices)
    assert y.shape == shape
    assert y.sum().item() == pytest.approx(values.sum().item())
    assert dl.equal(pool(y)[0], values)


def test_norms_without_bias():
    for layer in (
        nn.BatchNorm2d(3, bias=False),
        nn.InstanceNorm2d(3, affine=True, bias=False),
        nn.GroupNorm(1, 3, bias=False),
    ):
        assert [name for name, _ in layer.named_parameters()] == ["weight"]
        assert layer(dl.rand(2, 3, 4, 4)).shape == (2, 3, 4, 4)
