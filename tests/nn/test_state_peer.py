"""Every layer that has a state: its names, shapes, dtypes and values are PyTorch's."""

import inspect

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn

SIGNALS, IMAGES = (2, 4, 6), (2, 4, 6, 6)
LAYERS = {  # how each is made, and the shapes that go in
    "BatchNorm1d": (lambda nn, t: nn.BatchNorm1d(4), [SIGNALS]),
    "BatchNorm2d": (lambda nn, t: nn.BatchNorm2d(4, momentum=None), [IMAGES]),
    "Bilinear": (lambda nn, t: nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)]),
    "Conv1d": (lambda nn, t: nn.Conv1d(4, 6, 3, padding=1, groups=2), [SIGNALS]),
    "Conv2d": (lambda nn, t: nn.Conv2d(4, 6, (3, 2), stride=2, dilation=(1, 2)), [IMAGES]),
    "ConvTranspose1d": (lambda nn, t: nn.ConvTranspose1d(4, 6, 3, 2, groups=2), [SIGNALS]),
    "ConvTranspose2d": (lambda nn, t: nn.ConvTranspose2d(4, 6, (3, 2), 2), [IMAGES]),
    "Embedding": (lambda nn, t: nn.Embedding(9, 3, padding_idx=1), [(2, 5)]),
    "GroupNorm": (lambda nn, t: nn.GroupNorm(2, 4), [IMAGES]),
    "InstanceNorm1d": (lambda nn, t: nn.InstanceNorm1d(4, affine=True), [SIGNALS]),
    "InstanceNorm2d": (
        lambda nn, t: nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
        [IMAGES],
    ),
    "LayerNorm": (lambda nn, t: nn.LayerNorm((6, 6)), [IMAGES]),
    "Linear": (lambda nn, t: nn.Linear(6, 3), [IMAGES]),
    "PReLU": (lambda nn, t: nn.PReLU(4), [IMAGES]),
    "RMSNorm": (lambda nn, t: nn.RMSNorm(6, eps=1e-5), [IMAGES]),
    "BCELoss": (lambda nn, t: nn.BCELoss(t([0.5, 2.0])), None),
    "BCEWithLogitsLoss": (lambda nn, t: nn.BCEWithLogitsLoss(pos_weight=t([0.5, 2.0])), None),
    "CrossEntropyLoss": (lambda nn, t: nn.CrossEntropyLoss(t([0.5, 2.0])), None),
    "MultiLabelSoftMarginLoss": (lambda nn, t: nn.MultiLabelSoftMarginLoss(t([0.5, 2.0])), None),
    "MultiMarginLoss": (lambda nn, t: nn.MultiMarginLoss(weight=t([0.5, 2.0])), None),
    "NLLLoss": (lambda nn, t: nn.NLLLoss(t([0.5, 2.0])), None),
    "ModuleDict": (lambda nn, t: nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.PReLU()}), None),
    "ModuleList": (lambda nn, t: nn.ModuleList([nn.Linear(2, 3), nn.BatchNorm1d(3)]), None),
    "ParameterDict": (lambda nn, t: nn.ParameterDict({"a": nn.Parameter(t([1.0, 2.0]))}), None),
    "ParameterList": (lambda nn, t: nn.ParameterList([nn.Parameter(t([1.0, 2.0]))]), None),
    "Sequential": (
        lambda nn, t: nn.Sequential(
            nn.Conv2d(4, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(),
            nn.Linear(48, 2),
        ),
        [IMAGES],
    ),
}  # fmt: skip
# Those without parameters and buffers, however they are made.
STATELESS = """
    Module Parameter Buffer
    CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax
    Mish RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign
    Tanh Tanhshrink Threshold
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d AvgPool2d
    LPPool1d LPPool2d MaxPool1d MaxPool2d MaxUnpool1d MaxUnpool2d
    AlphaDropout Dropout Dropout1d Dropout2d
    CircularPad1d CircularPad2d ConstantPad1d ConstantPad2d ReflectionPad1d ReflectionPad2d
    ReplicationPad1d ReplicationPad2d ZeroPad1d ZeroPad2d
    ChannelShuffle Flatten Fold Identity LocalResponseNorm PixelShuffle PixelUnshuffle Unflatten
    Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d
    CosineEmbeddingLoss CosineSimilarity GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss
    L1Loss MSELoss MarginRankingLoss MultiLabelMarginLoss PairwiseDistance PoissonNLLLoss
    SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss
"""


def test_every_layer_is_listed():
    classes = {name for name in nn.__all__ if inspect.isclass(getattr(nn, name))}
    assert sorted([*LAYERS, *STATELESS.split()]) == sorted(classes)


def randomised(torch, layer):
    """PyTorch's layer with values that no layer starts with; it keeps counts and variances sane."""
    torch.manual_seed(0)
    for value in layer.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape, dtype=value.dtype) + 0.5)
        else:
            value.fill_(3)
    return layer


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=LAYERS)
def name(request):
    return request.param


@pytest.fixture
def pair(name, dtype):
    """The layer here, as it starts, and PyTorch's with other values."""
    torch = pytest.importorskip("torch")
    make, _ = LAYERS[name]
    theirs = make(torch.nn, torch.tensor).to(getattr(torch, dtype))
    return make(nn, dl.tensor).to(dtype), randomised(torch, theirs)


def form(state):
    return [
        (name, tuple(value.shape), str(value.dtype).removeprefix("torch."))
        for name, value in state.items()
    ]


@pytest.mark.peer
def test_states_are_exchanged_bit_for_bit(pair):
    torch = pytest.importorskip("torch")
    ours, theirs = pair
    assert form(ours.state_dict()) == form(theirs.state_dict()) != []
    ours.load_state_dict(theirs.state_dict())
    back = {name: value.numpy() for name, value in ours.state_dict().items()}
    assert {name: value.tobytes() for name, value in back.items()} == {
        name: value.numpy().tobytes() for name, value in theirs.state_dict().items()
    }
    theirs.load_state_dict({name: torch.tensor(value) for name, value in back.items()})


@pytest.mark.peer
@pytest.mark.parametrize("training", [False, True])
def test_loaded_layers_compute_the_same(pair, name, dtype, training):
    torch = pytest.importorskip("torch")
    ours, theirs = pair
    shapes = LAYERS[name][1]
    if shapes is None:
        return
    generator, eps = np.random.default_rng(1), np.finfo(dtype).eps
    if name == "Embedding":
        inputs = [generator.integers(0, 9, shape) for shape in shapes]
    else:
        inputs = [generator.standard_normal(shape).astype(dtype) for shape in shapes]
    ours.load_state_dict(theirs.state_dict())
    expected = theirs.train(training)(*map(torch.tensor, inputs)).detach().numpy()
    found = ours.train(training)(*map(dl.tensor, inputs)).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=16 * eps, atol=16 * eps * abs(expected).max())
    for key, value in ours.state_dict().items():  # running statistics have moved alike
        if (name, key) == ("InstanceNorm2d", "num_batches_tracked"):
            continue  # PyTorch's instance norm doesn't count
        expected = theirs.state_dict()[key].numpy()
        np.testing.assert_allclose(value.numpy(), expected, rtol=16 * eps)
