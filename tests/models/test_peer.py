"""PyTorch computes the same from the same state: the networks, written there by its names."""

import numpy as np
import pytest

from dlcore import random
from dlcore.models import resnet18, resnet18_cifar, resnet20, resnet50, vgg11, vgg11_bn
from tests.models.steps import batch

pytestmark = pytest.mark.peer
TOLERANCE = 1e-4


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is an optional peer")


class Peer:
    """Layers of PyTorch that find their tensors by name."""

    def __init__(self, torch, model):
        self.functional = torch.nn.functional
        self.training = model.training
        # Copies: in training, PyTorch moves running statistics in place.
        self.state = {n: torch.tensor(t.numpy().copy()) for n, t in model.state_dict().items()}

    def has(self, name):
        return f"{name}.weight" in self.state

    def conv(self, name, x, stride=1):
        weight, bias = self.state[f"{name}.weight"], self.state.get(f"{name}.bias")
        return self.functional.conv2d(x, weight, bias, stride, weight.shape[-1] // 2)

    def norm(self, name, x):
        mean, var, weight, bias = (
            self.state[f"{name}.{part}"]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return self.functional.batch_norm(x, mean, var, weight, bias, self.training)

    def linear(self, name, x):
        return self.functional.linear(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"])

    def shortcut(self, name, x, stride, channels):
        if self.has(f"{name}.downsample.0"):
            y = self.conv(f"{name}.downsample.0", x, stride)
            return self.norm(f"{name}.downsample.1", y)
        more = (channels - x.shape[1]) // 2
        return self.functional.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, more, more))

    def block(self, name, x, stride):
        """A basic block, or a bottleneck if there is a third convolution."""
        count = 3 if self.has(f"{name}.conv3") else 2
        y = x
        for number in range(1, count + 1):
            if number > 1:
                y = y.relu()
            # The stride belongs to the convolution of 3 x 3: the last but one.
            y = self.conv(f"{name}.conv{number}", y, stride if number == count - 1 else 1)
            y = self.norm(f"{name}.bn{number}", y)
        return (y + self.shortcut(name, x, stride, y.shape[1])).relu()

    def resnet(self, x, small):
        x = self.norm("bn1", self.conv("conv1", x, 1 if small else 2)).relu()
        if not small:
            x = self.functional.max_pool2d(x, 3, 2, 1)
        for stage in range(1, 5):
            place = 0
            while self.has(f"layer{stage}.{place}.conv1"):
                x = self.block(f"layer{stage}.{place}", x, 2 if stage > 1 and place == 0 else 1)
                place += 1
        return self.linear("fc", x.mean((2, 3)))

    def vgg(self, x, norms):
        place = 0
        for layers in (1, 1, 2, 2, 2):
            for _ in range(layers):
                x = self.conv(f"features.{place}", x)
                if norms:
                    x = self.norm(f"features.{place + 1}", x)
                x = x.relu()
                place += 3 if norms else 2
            x = self.functional.max_pool2d(x, 2)
            place += 1
        x = self.functional.adaptive_avg_pool2d(x, 7).flatten(1)
        for place in (0, 3):
            x = self.linear(f"classifier.{place}", x).relu()
        return self.linear("classifier.6", x)


def stir(model):
    """Give every vector of the state values of its own: scales, shifts, running statistics."""
    generator = np.random.default_rng(1)
    for tensor in model.state_dict().values():
        if tensor.ndim == 1:
            values = tensor.numpy() + 0.2 * generator.random(tensor.shape, np.float32)
            tensor.backend.write(tensor.array, values)


def assert_close(ours, theirs):
    largest = np.abs(theirs.numpy()).max()
    np.testing.assert_allclose(ours.detach().numpy(), theirs.numpy(), 0, TOLERANCE * largest)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("make", "options", "shape", "small"),
    [
        (resnet18, {}, (3, 3, 64, 64), False),
        (resnet50, {}, (3, 3, 64, 64), False),
        (resnet18_cifar, {}, (2, 3, 32, 32), True),
        (resnet20, {}, (4, 3, 32, 32), True),
        (resnet20, {"option": "B"}, (4, 3, 33, 31), True),
    ],
)
def test_resnet(torch, make, options, shape, small, training):
    random.manual_seed(0)
    model = make(**options).train(training)
    stir(model)
    peer, (x, _) = Peer(torch, model), batch(shape)
    assert_close(model(x), peer.resnet(torch.tensor(x.numpy()), small))
    if training:
        for name, tensor in model.state_dict().items():
            if "running" in name:
                assert_close(tensor, peer.state[name])


@pytest.mark.parametrize(("make", "size"), [(vgg11, 32), (vgg11_bn, 230)])
def test_vgg(torch, quick_values, make, size):
    """In evaluation, as dropout is random."""
    model = make().eval()
    stir(model)
    peer, (x, _) = Peer(torch, model), batch((2, 3, size, size))
    assert_close(model(x), peer.vgg(torch.tensor(x.numpy()), make is vgg11_bn))
