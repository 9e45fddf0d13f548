"""Convolution layers: weights, options, and what they refuse."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.interface.array import channels_last, order_of
from dlcore.errors import OptionError, ShapeError
from dlcore.nn.conv import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d


def ones(*shape):
    return dl.tensor(np.ones(shape, np.float32))


def test_weights_start_he_normal_and_biases_zero():
    dl.manual_seed(0)
    layer = Conv2d(16, 32, 5)
    values = layer.weight.detach().numpy()
    assert values.shape == (32, 16, 5, 5)
    assert order_of(layer.weight.array) == channels_last(4)
    assert values.std() == pytest.approx((2 / (16 * 25)) ** 0.5, rel=0.05)
    assert abs(values.mean()) < 0.005
    assert not layer.bias.detach().numpy().any()


def test_initialiser_can_be_chosen():
    assert (Conv1d(2, 3, 4, init="ones").weight.detach().numpy() == 1).all()
    layer = ConvTranspose2d(2, 4, 3, groups=2, init=lambda shape: np.full(shape, 0.5))
    assert layer.weight.shape == (2, 2, 3, 3)
    assert (layer.weight.detach().numpy() == 0.5).all()


@pytest.mark.parametrize(
    ("layer", "size", "expected"),
    [
        (Conv2d(4, 6, 3, stride=2, padding=(1, 0), groups=2), (2, 4, 7, 9), (2, 6, 4, 4)),
        (Conv2d(4, 6, (2, 3), padding="same", dilation=2, bias=False), (4, 5, 6), (6, 5, 6)),
        (Conv1d(4, 6, 3, padding="valid"), (2, 4, 7), (2, 6, 5)),
        (ConvTranspose2d(4, 6, 3, stride=2, output_padding=1), (2, 4, 3, 4), (2, 6, 8, 10)),
        (ConvTranspose1d(4, 6, 3, stride=2, padding=1), (4, 5), (6, 9)),
    ],
    ids=str,
)
def test_shapes(layer, size, expected):
    assert layer(ones(*size)).shape == expected


def test_output_size_chooses_among_those_that_convolve_to_the_input():
    down, up = Conv2d(2, 3, 3, stride=2, padding=1), ConvTranspose2d(3, 2, 3, stride=2, padding=1)
    for size in (7, 8):
        x = ones(1, 2, size, size)
        assert up(down(x), output_size=x.shape).shape == x.shape
    with pytest.raises(ShapeError, match=r"output_size from \(7, 7\) to \(8, 8\)"):
        up(ones(1, 3, 4, 4), output_size=(7, 9))


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes_pad_before(mode):
    x = np.random.default_rng(0).standard_normal((1, 2, 5, 6)).astype(np.float32)
    layer = Conv2d(2, 3, (3, 2), padding=(2, 1), padding_mode=mode)
    bare = Conv2d(2, 3, (3, 2))
    bare.load_state_dict(layer.state_dict())
    names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (1, 1)), mode=names[mode])
    expected = bare(dl.tensor(padded)).detach().numpy()
    np.testing.assert_allclose(layer(dl.tensor(x)).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_padding_mode_with_same_padding():
    layer = Conv1d(1, 1, 4, padding="same", padding_mode="circular", init="ones")
    row = dl.tensor(np.arange(5, dtype=np.float32).reshape(1, 1, 5))
    # one before, two behind: 4 0 1 2 3 4 0 1
    expected = [[[7.0, 6.0, 10.0, 9.0, 8.0]]]
    assert layer(row).tolist() == expected


LAYERS = [
    ("Conv2d", (4, 6, 3), {}),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "bias": False}),
    ("Conv2d", (4, 6, 3), {"padding": "same", "dilation": 2, "groups": 2}),
    ("Conv2d", (4, 6, 3), {"padding": 1, "padding_mode": "reflect"}),
    ("Conv1d", (4, 6, 3), {"stride": 2, "dilation": 2}),
    ("ConvTranspose2d", (4, 6, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ("ConvTranspose1d", (4, 6, 3), {"dilation": 2, "groups": 2, "bias": False}),
]
OURS = {layer.__name__: layer for layer in (Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d)}


@pytest.mark.peer
@pytest.mark.parametrize(("name", "arguments", "options"), LAYERS)
def test_as_pytorch(name, arguments, options):
    """The printed form, the names and shapes of the weights, and the result."""
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    ours = OURS[name](*arguments, **options)
    theirs = getattr(torch.nn, name)(*arguments, **options)
    assert repr(ours) == repr(theirs)
    state = {name: dl.tensor(value.numpy()) for name, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    axes = 1 if "1d" in name else 2
    x = np.random.default_rng(0).standard_normal((2, 4, *[9, 8][:axes])).astype(np.float32)
    expected = theirs(torch.tensor(x)).detach().numpy()
    actual = ours(dl.tensor(x)).detach().numpy()
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Conv2d(3, 4, 3, groups=2), "received groups=2, in_channels=3, out_channels=4"),
        (lambda: Conv1d(4, 3, 3, groups=2), "Conv1d: expected groups that divides"),
        (lambda: Conv2d(3, 4, 3, padding_mode="mirror"), "circular, reflect, replicate, zeros"),
        (lambda: ConvTranspose2d(3, 4, 3, padding_mode="reflect"), "one of zeros"),
        (lambda: Conv2d(3, 4, (3, 3, 3)), "Conv2d: expected kernel_size as an integer or two"),
        (lambda: Conv2d(3, 4, 3, init="he"), "init to be one of"),
    ],
)
def test_refused(make, text):
    with pytest.raises(OptionError) as caught:
        make()
    assert text in str(caught.value)


def test_wrong_input_names_the_layer():
    with pytest.raises(ShapeError, match="Conv2d: conv2d: expected 3 input channels"):
        Conv2d(3, 4, 3)(ones(1, 1, 5, 5))
