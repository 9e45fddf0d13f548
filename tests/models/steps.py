"""Training steps that models of all families are tested with."""

import numpy as np

import dlcore as dl
from dlcore import nn
from dlcore.optim import SGD


def batch(shape, classes=10, device="cpu"):
    """Normal inputs with the labels 0, 1, ... in turn."""
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return dl.tensor(values, device=device), dl.tensor(np.arange(shape[0]) % classes, device=device)


def losses(model, x, y, lr, steps=5):
    """The loss before each step on the same batch."""
    optimizer = SGD(model.parameters(), lr=lr)
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    return seen
