"""Convolutions with the batch norms around them, and their two gradients in one pass.

A normalized result is read by convolutions alone in most networks: then it is never stored, and
whoever reads it normalizes what the convolution before has stored.
"""

from __future__ import annotations

from typing import Any

from dlcore.backend.base import Call
from dlcore.backend.fusion.graph import Graph
from dlcore.backend.fusion.primitives import call_of, named, with_changes
from dlcore.backend.memory import View

GEOMETRY = ("stride", "padding", "dilation", "groups")


def both_gradients(graph: Graph) -> None:
    """conv2d_input_gradient and conv2d_weight_gradient of one convolution share what dy becomes."""
    for place in graph.find("conv2d_input_gradient"):
        call = graph[place]
        dy, kernel = call.arrays
        geometry = {name: call.attributes[name] for name in GEOMETRY}
        (dx,) = call.outputs
        for other in graph.readers(dy):
            twin = graph[other]
            if twin.primitive.name != "conv2d_weight_gradient" or twin.arrays[1] != dy:
                continue
            if {name: twin.attributes[name] for name in GEOMETRY} != geometry:
                continue
            (dkernel,), x = twin.outputs, twin.arrays[0]
            if (
                dkernel.shape != kernel.shape
                or x.shape != dx.shape
                or not graph.can(call, "backward")
            ):
                continue
            first, last = min(place, other), max(place, other)
            if graph.free(first, last, graph[last].arrays, graph[last].outputs):
                operands = {"dy": dy, "x": x, "kernel": kernel}
                results = {"dx": dx, "dkernel": dkernel}
                graph.replace(other, None)
                graph.replace(place, None)
                fused = call_of(call, "conv2d_backward", operands, results, mask="none", **geometry)
                graph.replace(first, fused)
                break


def with_norms(graph: Graph) -> None:
    """Statistics in the store, normalisation in the load, and the same for the gradients."""
    for place in graph.find("batch_statistics"):
        _gather(graph, place)
    for place in graph.find("normalize"):
        _normalize_on_load(graph, place)
    for place in graph.find("norm_apply"):
        _apply_on_load(graph, place)
    for place in graph.find("norm_sums"):
        _sum_on_store(graph, place)
    for place in graph.find("pointwise", "relu_gradient"):
        _mask_on_store(graph, place)


def _gather(graph: Graph, place: int) -> None:
    """conv2d, then batch_statistics of its result."""
    known = named(graph[place])
    before = graph.made_by(known["x"], "conv2d")
    if before is None or not graph.can(graph[before], "statistics"):
        return
    if graph.free(before, place, (), graph[place].outputs):
        fused = _as_fused(graph[before])
        statistics = {"mean": known["mean"], "variance": known["variance"]}
        graph.replace(place, None)
        graph.replace(before, with_changes(fused, {}, statistics))


def _as_fused(call: Call) -> Call:
    """A plain conv2d as a fused one that does nothing more."""
    if call.primitive.name == "conv2d_fused":
        return call
    x, kernel, bias = call.arrays
    operands = {"x": x, "kernel": kernel, "bias": bias}
    return call_of(
        call, "conv2d_fused", operands, {"y": call.outputs[0]}, relu=False, **call.attributes
    )


def _normalize_on_load(graph: Graph, place: int) -> None:
    """normalize, read by convolutions and their gradients alone: each of them does it."""
    call = graph[place]
    norm = named(call)
    y = norm["y"]
    if "other" in norm or y.owner not in graph.own or graph.writer(y) != place:
        return
    readers = graph.readers(y)
    if not readers or not all(_can_normalize(graph, reader, y) for reader in readers):
        return
    if not all(graph.free(place, reader, call.arrays, ()) for reader in readers):
        return
    vectors = {f"norm_{part}": norm.get(part) for part in ("mean", "variance", "weight", "bias")}
    options = {"eps": call.attributes["eps"], "relu_input": call.attributes["relu"]}
    for reader in readers:
        fused = (
            _as_fused(graph[reader]) if graph[reader].primitive.name == "conv2d" else graph[reader]
        )
        graph.replace(reader, with_changes(fused, {"x": norm["x"], **vectors}, {}, **options))
    graph.replace(place, None)


def _can_normalize(graph: Graph, reader: int, y: View) -> bool:
    call = graph[reader]
    name = call.primitive.name
    if call.arrays.count(y) != 1:
        return False
    if name in ("conv2d", "conv2d_fused"):
        first = call.arrays[0] if name == "conv2d" else named(call)["x"]
        return first == y and graph.can(call, "norm")
    return name == "conv2d_backward" and named(call)["x"] == y


def _apply_on_load(graph: Graph, place: int) -> None:
    """norm_apply, read by the gradients of one convolution alone."""
    call = graph[place]
    known = named(call)
    reader = graph.only_reader(known["dx"])
    if reader is None or graph[reader].primitive.name != "conv2d_backward":
        return
    if named(graph[reader])["dy"] != known["dx"] or graph.writer(known["dx"]) != place:
        return
    if not graph.free(place, reader, call.arrays, ()):
        return
    parts = ("mean", "variance", "weight", "dweight", "dbias")
    operands = {"dy": known["dz"], "raw": known["x"]}
    operands |= {f"raw_{part}": known.get(part) for part in parts}
    graph.replace(place, None)
    graph.replace(reader, with_changes(graph[reader], operands, {}, raw_eps=call.attributes["eps"]))


def _sum_on_store(graph: Graph, place: int) -> None:
    """The gradient of a convolution's input, + skip, then norm_sums of it."""
    call = graph[place]
    known = named(call)
    dy, skip, added = known["dy"], None, None
    if "dz" in known and graph.only_reader(dy) != place:
        return  # somebody reads it without the mask
    maker = graph.made_by(dy, "conv2d_backward")
    if maker is None:
        added = graph.made_by(dy, "pointwise", "add")
        if added is None:
            return
        maker, skip = _product_and_skip(graph, added)
        if maker is None:
            return
    backward = graph[maker]
    before = named(backward)
    mask, output = call.attributes["mask"], known.get("output")
    own_input = before.get("norm_mean") == known["mean"] and before["x"] == known["x"]
    if mask == "norm" and not own_input:
        # Whether norm(x) is positive is at hand where it was stored as the convolution's input.
        stored = graph.made_by(before["x"], "normalize")
        if stored is None or named(graph[stored])["mean"] != known["mean"]:
            return
        mask, output = "output", before["x"]
    operands: dict[str, Any] = {"skip": skip, "output": output}
    operands |= {"before": known["x"], "before_mean": known["mean"]}
    operands |= {"before_variance": known["variance"]}
    operands |= {
        name: known[name] for name in ("other", "other_mean", "other_variance") if name in known
    }
    dz = known.get("dz", dy)
    sums = ("dweight", "dbias", "other_dweight", "other_dbias")
    results: dict[str, Any] = {"dx": dz, **{name: known[name] for name in sums if name in known}}
    reads = [view for view in operands.values() if view is not None]
    if not graph.free(maker, place, reads, results.values(), but=added):
        return
    options = {"before_eps": call.attributes["eps"], "mask": mask}
    if "other" in known:
        options["other_eps"] = call.attributes["other_eps"]
    if added is not None:
        graph.replace(added, None)
    graph.replace(place, None)
    graph.replace(maker, with_changes(backward, operands, results, **options))


def _mask_on_store(graph: Graph, place: int) -> None:
    """The gradient of a convolution's input, then that of the ReLU before it."""
    call = graph[place]
    (dx, output), (dz,) = call.arrays, call.outputs
    maker = graph.made_by(dx, "conv2d_backward")
    if maker is None or graph.only_reader(dx) != place:
        return
    if "before" in named(graph[maker]) or not dx.strides == output.strides == dz.strides:
        return
    if graph.free(maker, place, (output,), (dz,)):
        graph.replace(place, None)
        fused = with_changes(graph[maker], {"output": output}, {"dx": dz}, mask="output")
        graph.replace(maker, fused)


def _product_and_skip(graph: Graph, added: int) -> tuple[int | None, View | None]:
    """Which operand of a sum is a convolution's input gradient, and the other one."""
    one, other = graph[added].arrays
    for product, skip in ((one, other), (other, one)):
        maker = graph.made_by(product, "conv2d_backward")
        if maker is None or graph.only_reader(product) != added or "before" in named(graph[maker]):
            continue
        (total,) = graph[added].outputs
        if skip.strides == product.strides == total.strides:
            return maker, skip
    return None, None
