"""Copies that only move a result to where it is wanted."""

from __future__ import annotations

from dlcore.backend.fusion.graph import Graph
from dlcore.backend.memory import View


def written_in_place(graph: Graph) -> None:
    """The call that makes x, then copy(x) -> y: the call writes y at once.

    So gradients go straight into the optimizer's flat buffer.
    """
    for place in graph.find("copy"):
        (source,), (target,) = graph[place].arrays, graph[place].outputs
        maker = graph.writer(source)
        if (
            maker is not None
            and maker < place
            and graph.only_reader(source) == place
            and _lie_alike(source, target)
            and graph.free(maker, place, (), [target])
            and target not in graph[maker].arrays
        ):
            call = graph[maker]
            outputs = tuple(target if view == source else view for view in call.outputs)
            graph.replace(place, None)
            graph.replace(maker, call._replace(outputs=outputs))


def _lie_alike(x: View, y: View) -> bool:
    """Whether the same numbers lie in the same order, at another place."""
    if (x.shape, x.dtype) != (y.shape, y.dtype):
        return False
    steps = zip(x.shape, x.strides, y.strides, strict=True)
    return all(size == 1 or one == other for size, one, other in steps)
