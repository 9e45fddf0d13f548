"""Optimizers with options to try, and a small problem for them."""

import numpy as np

import dlcore as dl
from dlcore.nn.module import Parameter
from dlcore.optim import (
    LAMB,
    LARS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    RAdam,
    RMSprop,
    Rprop,
)

KINDS = {
    "plain": (SGD, {"lr": 0.1}),
    "momentum": (SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    "nesterov": (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "dampened": (SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    "dampened, no momentum": (SGD, {"lr": 0.1, "dampening": 0.5}),
    "maximize": (SGD, {"lr": 0.1, "maximize": True}),
    "adam": (Adam, {"lr": 0.05, "weight_decay": 0.01}),
    "amsgrad": (Adam, {"lr": 0.05, "betas": (0.5, 0.6), "amsgrad": True}),
    "adamw": (AdamW, {"lr": 0.05}),
    "adamw, amsgrad": (AdamW, {"lr": 0.05, "betas": (0.5, 0.6), "amsgrad": True}),
    "adam, decoupled": (Adam, {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "adamax": (Adamax, {"lr": 0.05, "weight_decay": 0.01}),
    "radam": (RAdam, {"lr": 0.05, "weight_decay": 0.01}),
    "radam, decoupled": (RAdam, {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "adagrad": (Adagrad, {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.01}),
    "adagrad from a value": (Adagrad, {"initial_accumulator_value": 0.5, "eps": 1e-3}),
    "adadelta": (Adadelta, {"lr": 5.0, "weight_decay": 0.01}),
    "rmsprop": (RMSprop, {"lr": 0.02, "weight_decay": 0.01}),
    "rmsprop, momentum": (RMSprop, {"momentum": 0.9, "alpha": 0.9, "maximize": True}),
    "rmsprop, centered": (RMSprop, {"centered": True, "momentum": 0.5, "eps": 1e-2}),
    "rprop": (Rprop, {"lr": 0.1, "etas": (0.4, 1.3), "step_sizes": (1e-3, 0.3)}),
    "lars": (LARS, {"lr": 20.0, "momentum": 0.9, "weight_decay": 0.01}),
    "lamb": (LAMB, {"lr": 0.05, "weight_decay": 0.1}),
}
OWN = {"lars", "lamb"}
"""Those that PyTorch doesn't have."""
PEERS = [kind for kind in KINDS if kind not in OWN]


def parameters(dtype="float32"):
    """One of each kind: vector, matrix, convolution weight in channels-last memory."""
    generator = np.random.default_rng(0)
    made = [
        Parameter(dl.tensor(generator.standard_normal(shape).astype(dtype)))
        for shape in ((3,), (4, 3))
    ]
    weight = generator.standard_normal((2, 3, 3, 5)).astype(dtype).transpose(0, 3, 1, 2)
    return [*made, Parameter(dl.tensor(weight))]


def loss_of(params):
    return sum(
        (((p - 0.5) * (p - 0.5)).sum() * (i + 1) for i, p in enumerate(params)), dl.zeros(())
    )


def steps(params, optimizer, count):
    for _ in range(count):
        optimizer.zero_grad()
        loss_of(params).backward()
        optimizer.step()


def some_without_gradients(optimizer, first, second, count):
    """Steps of which only every third has a gradient of the second parameter."""
    for step in range(count):
        optimizer.zero_grad()
        loss = (first * first).sum()
        if step % 3 == 2:
            loss = loss + (second * second).sum()
        loss.backward()
        optimizer.step()
