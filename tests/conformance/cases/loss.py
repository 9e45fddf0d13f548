"""Losses of a classifier."""

import numpy as np

from tests.conformance.case import FLOAT64, FLOATS, Case
from tests.oracle import loss as oracle

# Name: shape of the logits, whether classes have weights, smoothing, ignore_index.
CONFIGURATIONS = {
    "plain": ((5, 7), False, 0.0, -100),
    "ignored": ((6, 3), False, 0.0, 1),
    "weights": ((5, 4), True, 0.0, -100),
    "smoothing": ((5, 4), False, 0.1, -100),
    "all": ((2, 3, 4), True, 0.3, 2),
    "only smoothing": ((3, 4), True, 1.0, 0),
    "images": ((2, 3, 2, 3), True, 0.0, 0),
    "one class": ((3, 1), False, 0.1, -100),
    "no samples": ((0, 3), False, 0.0, -100),
    "no pixels": ((2, 3, 0), True, 0.1, -100),
}


def labels_of(generator, shape, ignore_index):
    labels = generator.integers(0, shape[1], (shape[0], *shape[2:]))
    if ignore_index < 0:  # outside of the classes: put it in
        labels[generator.random(labels.shape) < 0.3] = ignore_index
    return labels


def make(dtype, shape, weighted, ignore_index, parts):
    """Inputs with weights and losses in the dtype of the arithmetic; `parts` names them in turn."""
    wide = np.float64 if dtype == FLOAT64 else np.float32

    def inputs(generator):
        x = generator.standard_normal(shape)
        labels = labels_of(generator, shape, ignore_index)
        values = {
            "x": x.astype(dtype) if dtype != FLOAT64 else x,
            "labels": labels,
            "weight": generator.uniform(0.5, 2, shape[1]).astype(wide) if weighted else None,
            "dloss": generator.standard_normal(labels.shape).astype(wide),
            "z": np.log(np.exp(x).sum(1)).astype(wide),
        }
        return tuple(values[part] for part in parts)

    return inputs


PRIMITIVES = {
    "cross_entropy": (oracle.cross_entropy, ("x", "labels", "weight")),
    "cross_entropy_gradient": (
        oracle.cross_entropy_gradient,
        ("dloss", "x", "labels", "weight", "z"),
    ),
    "nll_loss": (oracle.nll_loss, ("x", "labels", "weight")),
    "nll_loss_gradient": (oracle.nll_loss_gradient, ("dloss", "x", "labels", "weight")),
}


CASES = [
    Case(
        name,
        primitive,
        make(dtype, shape, weighted, ignore_index, parts),
        oracle_of,
        {"ignore_index": ignore_index}
        | ({"smoothing": smoothing} if primitive.startswith("cross") else {}),
        shape[1] + 1,
        dtypes=(dtype,),
    )
    for name, (shape, weighted, smoothing, ignore_index) in CONFIGURATIONS.items()
    for primitive, (oracle_of, parts) in PRIMITIVES.items()
    for dtype in FLOATS
]
