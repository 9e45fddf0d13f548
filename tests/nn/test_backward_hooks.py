"""Backward hooks: what they see, what they may change, and that PyTorch's see the same."""

from typing import NamedTuple

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.errors import OptionError


def test_hooks_see_gradients_of_inputs_and_outputs():
    layer, seen = nn.Linear(2, 1, bias=False), []
    nn.init.constant_(layer.weight, 3.0)
    layer.register_full_backward_hook(lambda module, dx, dy: seen.append((module, dx, dy)))
    x = dl.ones(1, 2, requires_grad=True)
    (layer(x) * 5).sum().backward()
    module, (dx,), (dy,) = seen[0]
    assert module is layer
    assert dx.tolist() == [[15.0, 15.0]]
    assert dy.tolist() == [[5.0]]
    assert x.grad.tolist() == [[15.0, 15.0]]
    assert len(seen) == 1


def test_hooks_change_gradients_in_order_until_removed():
    layer = nn.Identity()
    first = layer.register_full_backward_hook(lambda module, dx, dy: (dx[0] + 1,))
    layer.register_full_backward_hook(lambda module, dx, dy: dx[0] * 2)
    before = layer.register_full_backward_pre_hook(lambda module, dy: (dy[0] * 10,))
    x = dl.ones(2, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [22.0, 22.0]
    first.remove()
    before.remove()
    x.grad = None
    layer(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    layer.register_full_backward_hook(lambda module, dx, dy: (dx[0] + 1,), prepend=True)
    x.grad = None
    layer(x).sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


class Pair(NamedTuple):
    product: dl.Tensor
    sum: dl.Tensor


class Two(nn.Module):
    """Two inputs, two outputs, and an argument without gradient."""

    def forward(self, a, b, factor):
        return Pair(a * factor, a + b)


@pytest.mark.parametrize("used", [0, 1])
def test_several_inputs_and_outputs(used):
    layer, seen = Two(), []
    layer.register_full_backward_hook(lambda module, dx, dy: seen.append((dx, dy)))
    a, b = (dl.ones(1, requires_grad=True) for _ in range(2))
    layer(a, b, 4.0)[used].sum().backward()
    (da, db, nothing), dys = seen[0]
    assert nothing is None
    assert dys[1 - used] is None
    assert da.item() == (4.0 if used == 0 else 1.0)
    assert db.item() == float(used)
    assert len(seen) == 1


def test_without_gradients_of_inputs_the_hook_still_sees_the_output():
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda module, dx, dy: seen.append((dx, dy[0].tolist())))
    layer(dl.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1.0]])]
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_an_answer_that_does_not_fit():
    layer = nn.Identity()
    layer.register_full_backward_hook(lambda module, dx, dy: (dl.ones(3),))
    with pytest.raises(OptionError, match=r"shapes \(2,\), received gradients of the shapes \(3,"):
        layer(dl.ones(2, requires_grad=True)).sum().backward()


@pytest.mark.peer
def test_pytorch_sees_the_same():
    torch = pytest.importorskip("torch")
    seen = []

    def hook(module, dx, dy):
        seen.append([None if part is None else np.asarray(part.detach()) for part in (*dx, *dy)])
        return tuple(None if part is None else part * 2 for part in dx)

    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    for home, tensor in ((nn, dl.tensor), (torch.nn, torch.tensor)):
        body = home.Sequential(home.Linear(3, 2, bias=False), home.Tanh())
        body[0].weight.data = tensor(weights)
        for part in (body, body[0], body[1]):
            part.register_full_backward_hook(hook)
        x = tensor(np.ones((1, 3), np.float32), requires_grad=True)
        body(x).sum().backward()
        seen.append([np.asarray(x.grad), np.asarray(body[0].weight.grad)])
    ours, theirs = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    for one, other in zip(ours, theirs, strict=True):
        for ours_, theirs_ in zip(one, other, strict=True):
            np.testing.assert_allclose(ours_, theirs_, rtol=1e-5, atol=1e-7)
