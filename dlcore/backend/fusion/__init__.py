"""Fusion: neighbours among the calls of a recorded step become one call with fewer passes.

`fused(calls, own)` goes over the list a few times; each pass knows one kind of neighbours and says
in its docstring what it makes of them. What the fused calls compute is in `primitives`. No pass
moves a rounding: a number that is rounded to 16 bits between two calls is rounded inside the fused
one. Only the order of long sums may change.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from dlcore.backend.base import Call
from dlcore.backend.fusion import conv, copies, norm, pointwise
from dlcore.backend.fusion.graph import Ability, Graph

PASSES = [
    copies.written_in_place,
    norm.with_what_follows,
    norm.biases_before,
    norm.gradients_with_masks,
    pointwise.into_products,
    conv.both_gradients,
    conv.with_norms,
]


def fused(calls: Sequence[Call], own: Set[int], can: Ability) -> list[Call]:
    """The calls with neighbours fused.

    Args:
        calls: of one stretch of a recorded step; their arrays are views.
        own: owners of memory that only these calls use.
        can: whether the device's kernel for a call of conv2d, or of its gradient for the input, can
            apply "relu" to what it stores, gather "statistics" of it, apply a "norm" to what it
            loads; or, for the gradient, do all that `conv2d_backward` says ("backward").
    """
    graph = Graph(norm.split(calls), own, can)
    for improve in PASSES:
        improve(graph)
    return graph.calls()
