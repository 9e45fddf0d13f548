"""Attention."""

import numpy as np

from dlcore.ops.attention import scaled_dot_product_attention
from tests.operations.case import Operation, normal

BATCH = (normal(2, 3, 5), normal(2, 4, 5), normal(2, 4, 6))
HEADS = (normal(2, 2, 3, 4), normal(2, 2, 5, 4), normal(2, 2, 5, 4))


def mask(*rows):
    """A bool mask; it gets no gradient."""
    return lambda generator: np.array(rows, bool)


def case(name, inputs, **options):
    return Operation(
        f"attention, {name}",
        lambda *tensors: scaled_dot_product_attention(*tensors, **options),
        inputs,
        lambda torch, *tensors: torch.nn.functional.scaled_dot_product_attention(
            *tensors, **options
        ),
        30,
    )


SOME = mask([1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 1, 1])
NONE = mask([1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1])

CASES = [
    case("a batch", BATCH),
    case("heads", HEADS),
    case("one query", (normal(1, 4), normal(1, 4), normal(1, 2))),
    case("scale", BATCH, scale=0.3),
    case("causal", BATCH, is_causal=True),
    case(
        "causal, more queries than keys", (normal(5, 2), normal(3, 2), normal(3, 2)), is_causal=True
    ),
    case("bool mask", (*BATCH, SOME)),
    case("bool mask of every key", (*BATCH, NONE)),
    case("float mask", (*BATCH, normal(3, 4))),
    case("float mask for each sample", (*BATCH, normal(2, 1, 4))),
    case("no queries", (normal(2, 0, 3), normal(2, 4, 3), normal(2, 4, 3))),
]
