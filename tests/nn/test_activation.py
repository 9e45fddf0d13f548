"""Activation and loss modules are the functions of the same name, with PyTorch's signatures."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.errors import ShapeError

ACTIVATIONS = [
    ("CELU", (), {}),
    ("CELU", (0.5, True), {}),
    ("ELU", (), {}),
    ("ELU", (0.5,), {"inplace": True}),
    ("Dropout", (), {}),
    ("Dropout", (0.0, True), {}),
    ("GELU", (), {}),
    ("GELU", ("tanh",), {}),
    ("GLU", (0,), {}),
    ("Hardshrink", (), {}),
    ("Hardshrink", (0.9,), {}),
    ("Hardsigmoid", (), {}),
    ("Hardswish", (), {}),
    ("Hardtanh", (), {}),
    ("Hardtanh", (-0.5, 0.25, True), {}),
    ("LeakyReLU", (), {}),
    ("LeakyReLU", (0.3, True), {}),
    ("LogSigmoid", (), {}),
    ("LogSoftmax", (1,), {}),
    ("Mish", (), {}),
    ("PReLU", (), {}),
    ("PReLU", (3, 0.1), {}),
    ("ReLU", (), {}),
    ("ReLU", (True,), {}),
    ("ReLU6", (), {}),
    ("RReLU", (0.3, 0.3), {}),
    ("RReLU", (), {"inplace": True}),
    ("SELU", (), {}),
    ("SiLU", (), {}),
    ("Sigmoid", (), {}),
    ("Softmax", (), {"dim": -1}),
    ("Softmin", (), {"dim": 1}),
    ("Softplus", (), {}),
    ("Softplus", (2.0, 1.0), {}),
    ("Softshrink", (), {}),
    ("Softshrink", (0.1,), {}),
    ("Softsign", (), {}),
    ("Tanh", (), {}),
    ("Tanhshrink", (), {}),
    ("Threshold", (0.1, 2.0), {}),
]
ALONE, WEIGHTED = ("mean", "sum", "none"), np.linspace(0.5, 1.5, 3)
LOSSES = [
    ("BCELoss", {"weight": WEIGHTED}, "probabilities"),
    ("BCEWithLogitsLoss", {"weight": WEIGHTED, "pos_weight": 2 * WEIGHTED}, "probabilities"),
    ("CosineSimilarity", {"dim": 0}, "numbers"),
    ("CrossEntropyLoss", {"weight": WEIGHTED, "ignore_index": 1, "label_smoothing": 0.1}, "labels"),
    ("GaussianNLLLoss", {"full": True, "eps": 0.3}, "variances"),
    ("HingeEmbeddingLoss", {"margin": 0.5}, "signs"),
    ("HuberLoss", {"delta": 0.5}, "numbers"),
    ("KLDivLoss", {"reduction": "batchmean", "log_target": True}, "numbers"),
    ("L1Loss", {"reduction": "sum"}, "numbers"),
    ("MarginRankingLoss", {"margin": 0.5}, "pairs"),
    ("MSELoss", {"reduction": "none"}, "numbers"),
    ("NLLLoss", {"weight": WEIGHTED, "ignore_index": 2}, "labels"),
    ("SmoothL1Loss", {"beta": 0.5}, "numbers"),
    ("CosineEmbeddingLoss", {"margin": 0.2, "reduction": "sum"}, "rows"),
    ("MultiLabelSoftMarginLoss", {"weight": WEIGHTED, "reduction": "none"}, "probabilities"),
    ("MultiMarginLoss", {"p": 2, "margin": 0.5, "weight": WEIGHTED}, "labels"),
    ("PairwiseDistance", {"p": 3.0, "eps": 0.1, "keepdim": True}, "numbers"),
    ("PoissonNLLLoss", {"log_input": False, "full": True, "eps": 0.1}, "counts"),
    ("SoftMarginLoss", {"reduction": "sum"}, "signs"),
    ("TripletMarginLoss", {"margin": 2.0, "p": 1.0, "eps": 0.1, "swap": True}, "variances"),
    ("TripletMarginWithDistanceLoss", {"margin": 2.0, "swap": True}, "variances"),
]


@pytest.mark.peer
@pytest.mark.parametrize(("name", "arguments", "options"), ACTIVATIONS)
def test_activation_as_pytorch(name, arguments, options):
    torch = pytest.importorskip("torch")
    ours = getattr(nn, name)(*arguments, **options).eval()
    theirs = getattr(torch.nn, name)(*arguments, **options).eval()
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    y, expected = ours(dl.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), atol=1e-6)


@pytest.mark.peer
@pytest.mark.parametrize(("name", "options", "kind"), LOSSES)
def test_loss_as_pytorch(name, options, kind):
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(0)
    numbers = generator.standard_normal((2, 4, 3))
    arrays = {
        "numbers": list(numbers),
        "probabilities": list(1 / (1 + np.exp(-numbers))),
        "labels": [numbers[0], generator.integers(0, 3, 4)],
        "rows": [*numbers, np.sign(numbers[0, :, 0])],
        "counts": [np.abs(numbers[0]), np.abs(3 * numbers[1])],
        "signs": [numbers[0], np.sign(numbers[1])],
        "pairs": [*numbers, np.sign(numbers[0] + 1)],
        "variances": [*numbers, np.abs(numbers[0])],
    }[kind]

    def made(module, tensor):
        kept = {
            key: tensor(value) if isinstance(value, np.ndarray) else value
            for key, value in options.items()
        }
        return getattr(module, name)(**kept)(*map(tensor, arrays))

    ours, theirs = made(nn, dl.tensor), made(torch.nn, torch.tensor)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12, atol=1e-12)
    assert repr(getattr(nn, name)()) == f"{name}()"


def test_weights_move_with_the_loss():
    loss = nn.CrossEntropyLoss(dl.tensor([1.0, 2.0]))
    assert list(loss.state_dict()) == ["weight"]
    assert loss.to("meta").weight.device == "meta"


def test_inplace_is_only_a_hint():
    x = dl.tensor([-1.0, 1.0])
    assert nn.ReLU(inplace=True)(x).tolist() == [0.0, 1.0]
    assert x.tolist() == [-1.0, 1.0]


def test_softmax_of_channels():
    x = dl.randn(2, 3, 4, 5)
    y = nn.Softmax2d()(x).numpy()
    np.testing.assert_allclose(y, nn.Softmax(1)(x).numpy())
    np.testing.assert_array_equal(nn.Softmax2d()(x[0]).numpy(), y[0])
    with pytest.raises(ShapeError, match="Softmax2d: expected x with the axes N C H W or C H W"):
        nn.Softmax2d()(dl.ones(2, 3))
