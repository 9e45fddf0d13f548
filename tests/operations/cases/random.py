"""Dropout and random tensors: drawn anew from one seed at each call, so that runs compare."""

from dlcore.ops import chance
from dlcore.ops import dropout as drop
from dlcore.ops import random as ops
from dlcore.random import manual_seed
from tests.operations.case import Operation, normal, unit


def seeded(function, **options):
    def run(*tensors):
        manual_seed(3)
        return function(*tensors, **options)

    return run


# No peers: PyTorch draws other values. Where nothing is random it is compared.
CASES = [
    Operation("dropout", seeded(drop.dropout, p=0.3), (normal(3, 5),)),
    Operation("dropout of images", seeded(drop.dropout), (normal(2, 3, 4, 2),)),
    Operation("dropout without axes", seeded(drop.dropout), (normal(),)),
    Operation("dropout of nothing", seeded(drop.dropout), (normal(0, 3),)),
    Operation("dropout1d", seeded(drop.dropout1d), (normal(2, 3, 5),)),
    Operation("dropout1d without batch", seeded(drop.dropout1d), (normal(3, 5),)),
    Operation("dropout2d", seeded(drop.dropout2d, p=0.7), (normal(2, 5, 2, 3),)),
    Operation("alpha_dropout", seeded(drop.alpha_dropout, p=0.4, training=True), (normal(4, 3),)),
    *[
        Operation(
            f"{name} of everything",
            lambda x, name=name: getattr(drop, name)(x, p=1.0, training=True),
            (normal(*shape),),
            lambda torch, x, name=name: getattr(torch.nn.functional, name)(x, 1.0, True),
        )
        for name, shape in {
            "dropout": (2, 3),
            "dropout1d": (2, 3, 4),
            "dropout2d": (2, 3, 4, 1),
            "alpha_dropout": (2, 3),
        }.items()
    ],
    Operation("rrelu in training", seeded(chance.rrelu, training=True), (normal(3, 5),)),
    Operation(
        "rrelu",
        chance.rrelu,
        (normal(3, 5),),
        lambda torch, x: torch.nn.functional.rrelu(x),
    ),
    Operation("gumbel_softmax", seeded(chance.gumbel_softmax, tau=0.7), (normal(3, 4),)),
    Operation("gumbel_softmax of columns", seeded(chance.gumbel_softmax, dim=0), (normal(4, 2),)),
    Operation(
        "multinomial", seeded(chance.multinomial, num_samples=2), (unit(3, 4),), smooth=False
    ),
    Operation("bernoulli", seeded(ops.bernoulli), (unit(3, 4),), smooth=False),
    Operation("rand_like", seeded(ops.rand_like), (normal(3, 4),), smooth=False),
    Operation("randn_like", seeded(ops.randn_like), (normal(3, 4),), smooth=False),
]
