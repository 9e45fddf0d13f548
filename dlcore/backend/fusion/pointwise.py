"""Activations that go along with the product before them."""

from __future__ import annotations

from dlcore.backend.fusion.graph import Graph
from dlcore.backend.fusion.primitives import call_of


def into_products(graph: Graph) -> None:
    """conv2d, then ReLU of a result that nobody else reads: applied before it is stored."""
    for place in graph.find("conv2d"):
        call = graph[place]
        (y,) = call.outputs
        after = graph.only_reader(y)
        if after is None or graph[after].primitive.name != "pointwise":
            continue
        if graph[after].attributes["rule"] != "relu" or not graph.can(call, "relu"):
            continue
        x, kernel, bias = call.arrays
        (out,) = graph[after].outputs
        if out.strides == y.strides and graph.free(place, after, (), (out,)):
            operands = {"x": x, "kernel": kernel, "bias": bias}
            graph.replace(after, None)
            graph.replace(
                place,
                call_of(call, "conv2d_fused", operands, {"y": out}, **call.attributes, relu=True),
            )
