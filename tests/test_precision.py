"""Mixed precision: what runs in 16 bits, that it trains, and what overflow does."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, random
from dlcore.backend import get_backend
from dlcore.errors import OptionError
from dlcore.nn import functional as F
from dlcore.optim import SGD, GradScaler
from dlcore.precision import NARROW, WIDE

HALVES = ["float16", "bfloat16"]


def randn(*shape):
    return dl.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


def probabilities(*shape):
    return randn(*shape).sigmoid()


LABELS = dl.tensor([0, 2])
ELEMENTWISE = ("exp", "expm1", "log", "log1p", "log2", "log10", "reciprocal", "rsqrt")
STATISTICS = ("sum", "prod", "var", "std")
CALLS = {
    "conv1d": lambda: F.conv1d(randn(1, 2, 5), randn(3, 2, 3)),
    "conv2d": lambda: F.conv2d(randn(1, 2, 5, 5), randn(3, 2, 3, 3), randn(3)),
    "conv_transpose1d": lambda: F.conv_transpose1d(randn(1, 2, 5), randn(2, 3, 3)),
    "conv_transpose2d": lambda: F.conv_transpose2d(randn(1, 2, 5, 5), randn(2, 3, 3, 3)),
    "linear": lambda: F.linear(randn(2, 3), randn(4, 3), randn(4)),
    "bilinear": lambda: F.bilinear(randn(2, 3), randn(2, 4), randn(5, 3, 4)),
    "matmul": lambda: randn(2, 3) @ randn(3, 2),
    "mm": lambda: dl.mm(randn(2, 3), randn(3, 2)),
    "mv": lambda: dl.mv(randn(2, 3), randn(3)),
    "bmm": lambda: dl.bmm(randn(1, 2, 3), randn(1, 3, 2)),
    "addmm": lambda: dl.addmm(randn(2), randn(2, 3), randn(3, 2)),
    "baddbmm": lambda: dl.baddbmm(randn(1, 2, 2), randn(1, 2, 3), randn(1, 3, 2)),
    "einsum": lambda: dl.einsum("ij,jk->ik", randn(2, 3), randn(3, 2)),
    "scaled_dot_product_attention": lambda: F.scaled_dot_product_attention(
        randn(1, 2, 3), randn(1, 2, 3), randn(1, 2, 3)
    ),
    "prelu": lambda: F.prelu(randn(2, 3), randn(3)),
    **{
        name: (lambda name=name: getattr(dl, name)(probabilities(3).half()))
        for name in [
            "exp",
            "expm1",
            "log",
            "log1p",
            "log2",
            "log10",
            "reciprocal",
            "rsqrt",
            "sum",
            "prod",
            "var",
            "std",
        ]
    },
    "pow": lambda: probabilities(3).half() ** 2,
    "cumsum": lambda: dl.cumsum(randn(3).half(), 0),
    "norm": lambda: dl.norm(randn(3).half()),
    "logsumexp": lambda: dl.logsumexp(randn(3).half(), 0),
    "softplus": lambda: F.softplus(randn(3).half()),
    "softmax": lambda: F.softmax(randn(2, 3).half(), 1),
    "log_softmax": lambda: F.log_softmax(randn(2, 3).half(), 1),
    "layer_norm": lambda: F.layer_norm(randn(2, 3).half(), (3,)),
    "group_norm": lambda: F.group_norm(randn(2, 4, 3).half(), 2),
    "local_response_norm": lambda: F.local_response_norm(randn(2, 4, 3, 3).half(), 3),
    "interpolate": lambda: F.interpolate(randn(1, 1, 2, 2).half(), scale_factor=2),
    "cross_entropy": lambda: F.cross_entropy(randn(2, 3).half(), LABELS),
    "nll_loss": lambda: F.nll_loss(randn(2, 3).half(), LABELS),
    "kl_div": lambda: F.kl_div(randn(2, 3).half(), probabilities(2, 3).half(), reduction="sum"),
    "binary_cross_entropy": lambda: F.binary_cross_entropy(
        probabilities(3).half(), probabilities(3).half()
    ),
    "binary_cross_entropy_with_logits": lambda: F.binary_cross_entropy_with_logits(
        randn(3).half(), probabilities(3).half()
    ),
    **{
        name: (lambda name=name: getattr(F, name)(randn(3).half(), randn(3).half()))
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
    },
    "cosine_similarity": lambda: F.cosine_similarity(randn(2, 3).half(), randn(2, 3).half()),
    "gaussian_nll_loss": lambda: F.gaussian_nll_loss(
        randn(3).half(), randn(3).half(), probabilities(3).half()
    ),
    "hinge_embedding_loss": lambda: F.hinge_embedding_loss(
        randn(3).half(), dl.tensor([1.0, -1.0, 1.0]).half()
    ),
    "margin_ranking_loss": lambda: F.margin_ranking_loss(
        randn(3).half(), randn(3).half(), dl.tensor([1.0, -1.0, 1.0]).half()
    ),
}


def test_every_listed_operation_is_tried():
    assert set(CALLS) == NARROW | WIDE


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", sorted(NARROW))
def test_narrow_operations_run_in_16_bits(name, half):
    with dl.autocast(half):
        assert CALLS[name]().dtype.name == half


@pytest.mark.parametrize("name", sorted(WIDE))
def test_wide_operations_run_in_32_bits(name):
    with dl.autocast("float16"):
        assert CALLS[name]().dtype == dl.float32


@pytest.mark.parametrize("name", ["relu", "add", "max_pool2d", "batch_norm", "dropout"])
def test_all_others_keep_their_dtype(name):
    x = randn(2, 3, 4, 4).half()
    calls = {
        "relu": lambda: x.relu(),
        "add": lambda: x + x,
        "max_pool2d": lambda: F.max_pool2d(x, 2),
        "batch_norm": lambda: F.batch_norm(x, dl.zeros(3), dl.ones(3), training=True),
        "dropout": lambda: F.dropout(x),
    }
    with dl.autocast("float16"):
        assert calls[name]().dtype == dl.float16


def test_parameters_and_their_gradients_stay_32_bit():
    layer = nn.Linear(3, 2)
    with dl.autocast("float16"):
        output = layer(randn(4, 3))
    output.float().sum().backward()
    assert output.dtype == dl.float16
    assert layer.weight.dtype == layer.weight.grad.dtype == dl.float32


def test_autocast_nests_switches_off_and_decorates():
    def dtype():
        return (randn(1, 1) @ randn(1, 1)).dtype

    with dl.autocast("bfloat16"):
        with dl.autocast(enabled=False):
            assert dtype() == dl.float32
        assert dtype() == dl.bfloat16
    assert dtype() == dl.float32
    assert dl.autocast("float16")(dtype)() == dl.float16


def test_autocast_in_32_bits_is_refused():
    with pytest.raises(OptionError, match="bfloat16 or float16"):
        dl.autocast("float32")


def test_tf32_rounds_operands_to_10_bits():
    backend = get_backend("numpy")
    x = dl.tensor([[1.0 + 2**-12, 1.0 + 2**-10]], device=backend)
    one = dl.tensor([[1.0], [0.0]], device=backend)
    other = dl.tensor([[0.0], [1.0]], device=backend)
    backend.configuration.tf32 = True
    try:
        assert (x @ one).item() == 1.0
        assert (x @ other).item() == 1.0 + 2**-10
        assert np.isnan((x @ (one * np.nan)).item())
    finally:
        backend.configuration.tf32 = False
    assert (x @ one).item() == 1.0 + 2**-12


def test_network_made_to_overflow_recovers():
    """The first scale sends every fp16 gradient to Inf; steps are skipped until it fits."""
    random.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = SGD(net.parameters(), lr=0.1)
    scaler = GradScaler(init_scale=2.0**30)
    x, y = randn(32, 4), dl.tensor(np.arange(32) % 2)
    before = [parameter.tolist() for parameter in net.parameters()]
    losses = []
    for step in range(60):
        optimizer.zero_grad()
        with dl.autocast("float16"):
            loss = F.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
        if step == 0:
            assert [parameter.tolist() for parameter in net.parameters()] == before
    assert scaler.get_scale() < 2.0**25
    assert all(np.isfinite(losses))
    assert losses[-1] < losses[0] - 0.05
    assert all(np.isfinite(parameter.detach().numpy()).all() for parameter in net.parameters())


class Dropped(nn.Module):
    """A small convolutional network with dropout and no batch statistics."""

    def __init__(self):
        self.conv = nn.Conv2d(1, 4, 3)
        self.drop = nn.Dropout(0.5)
        self.channels = nn.Dropout2d(0.5)
        self.head = nn.Linear(4 * 6 * 6, 5)
        self.masks = []

    def forward(self, x):
        x = self.channels(self.conv(x).relu())
        x = self.drop(x)
        self.masks.append((x.detach().numpy() != 0).copy())
        return self.head(x.flatten(1))


@pytest.mark.parametrize("step", [0, 3])
def test_a_batch_in_four_pieces_has_the_same_masks_and_gradients(step):
    random.manual_seed(1)
    net = Dropped()
    for _ in range(step):
        random.next_step()
    x, y = randn(16, 1, 8, 8), dl.tensor(np.arange(16) % 5)
    F.cross_entropy(net(x), y).backward()
    whole = [parameter.grad.numpy().copy() for parameter in net.parameters()]
    net.zero_grad()
    for start in range(0, 16, 4):
        with random.rows(start):
            piece = slice(start, start + 4)
            (F.cross_entropy(net(x[piece]), y[piece]) * 0.25).backward()
    np.testing.assert_array_equal(net.masks[0], np.concatenate(net.masks[1:]))
    assert 0.1 < net.masks[0].mean() < 0.5
    for parameter, expected in zip(net.parameters(), whole, strict=True):
        np.testing.assert_allclose(parameter.grad.numpy(), expected, rtol=1e-5, atol=1e-6)
