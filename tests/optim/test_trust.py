"""LARS and LAMB beside plain transcriptions of their papers' algorithms."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.nn.module import Parameter
from dlcore.optim import LAMB, LARS
from tests.optim.kinds import parameters, steps


def gradients(values):
    return [2 * (w - 0.5) * (i + 1) for i, w in enumerate(values)]


def lars(values, count, lr, momentum, weight_decay, eta):
    """You, Gitman and Ginsburg, 2017, algorithm 1, with the learning rate constant."""
    velocity = [np.zeros_like(w) for w in values]
    for _ in range(count):
        for w, g, v in zip(values, gradients(values), velocity, strict=True):
            local = eta * np.linalg.norm(w) / (np.linalg.norm(g) + weight_decay * np.linalg.norm(w))
            v[...] = momentum * v + lr * local * (g + weight_decay * w)
            w -= v


def lamb(values, count, lr, betas, eps, weight_decay):
    """You et al., 2020, algorithm 2, with the learning rate constant."""
    means = [np.zeros_like(w) for w in values]
    squares = [np.zeros_like(w) for w in values]
    for t in range(1, count + 1):
        for w, g, m, v in zip(values, gradients(values), means, squares, strict=True):
            m[...] = betas[0] * m + (1 - betas[0]) * g
            v[...] = betas[1] * v + (1 - betas[1]) * g * g
            r = m / (1 - betas[0] ** t) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
            r += weight_decay * w
            w -= lr * np.linalg.norm(w) / np.linalg.norm(r) * r


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize(
    ("make", "paper", "options"),
    [
        (LARS, lars, (20.0, 0.9, 0.01, 1e-3)),
        (LAMB, lamb, (0.05, (0.9, 0.99), 1e-6, 0.1)),
    ],
    ids=["lars", "lamb"],
)
def test_trajectory_follows_the_paper(make, paper, options, dtype, tolerance):
    params = parameters(dtype)
    values = [p.detach().numpy().astype(np.float64) for p in params]
    optimizer = make(params, *options)
    steps(params, optimizer, 20)
    paper(values, 20, *options)
    for p, expected in zip(params, values, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("make", [LARS, LAMB])
def test_each_parameter_has_its_own_ratio(make):
    """The same step whether a parameter lies alone or beside another, 1000 times as large one."""
    together = [Parameter(dl.ones(4)), Parameter(dl.full((4,), 1000.0))]
    alone = [Parameter(dl.ones(4))]
    for params in (together, alone):
        optimizer = make(params, lr=0.5)
        for _ in range(3):
            optimizer.zero_grad()
            sum((p * p).sum() for p in params).backward()
            optimizer.step()
    assert together[0].tolist() == alone[0].tolist()


@pytest.mark.parametrize("make", [LARS, LAMB])
def test_bias_that_starts_at_zero_moves(make):
    bias = Parameter(dl.zeros(3))
    optimizer = make([bias], lr=0.5, weight_decay=0.1)
    bias.grad = dl.ones(3)
    optimizer.step()
    np.testing.assert_allclose(bias.tolist(), [-0.5] * 3, rtol=1e-5)
