"""Batch norm: cut into sums and passes, which then go along with what stands beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlcore.backend.base import Call
from dlcore.backend.fusion.graph import Graph, is_a
from dlcore.backend.fusion.primitives import call_of, named, with_changes
from dlcore.backend.interface import fill
from dlcore.backend.interface.array import float32, float64
from dlcore.backend.memory import View

_NORMS = {"batch_norm", "batch_norm_inference", "batch_norm_gradient"}


def split(calls: Sequence[Call]) -> list[Call]:
    """Every batch norm and its gradient as two calls: sums, and the pass that needs them.

    With statistics that are given there is nothing to sum.
    """
    return [part for call in calls for part in _parts(call)]


def _parts(call: Call) -> Iterator[Call]:
    name, arrays = call.primitive.name, call.arrays
    if name not in _NORMS or arrays[0].dtype == float64:
        yield call
    elif name == "batch_norm_inference":
        x, mean, variance, weight, bias = arrays
        operands = {"x": x, "mean": mean, "variance": variance, "weight": weight, "bias": bias}
        results, eps = {"y": call.outputs[0]}, call.attributes["eps"]
        if mean.dtype == variance.dtype == float32:
            yield call_of(call, "normalize", operands, results, eps=eps, relu=False)
        else:
            yield call
    elif name == "batch_norm":
        x, weight, bias = arrays
        y, mean, variance = call.outputs
        statistics = {"mean": mean, "variance": variance}
        yield call_of(call, "batch_statistics", {"x": x}, statistics)
        operands = {"x": x, **statistics, "weight": weight, "bias": bias}
        yield call_of(call, "normalize", operands, {"y": y}, eps=call.attributes["eps"], relu=False)
    elif call.attributes["training"]:
        dy, x, mean, variance, weight = arrays
        dx, dweight, dbias = call.outputs
        eps, sums = call.attributes["eps"], {"dweight": dweight, "dbias": dbias}
        operands = {"x": x, "mean": mean, "variance": variance}
        yield call_of(call, "norm_sums", {"dy": dy, **operands}, sums, eps=eps, mask="none")
        operands |= {"weight": weight, **sums}
        yield call_of(call, "norm_apply", {"dz": dy, **operands}, {"dx": dx}, eps=eps)
    else:
        yield call


def with_what_follows(graph: Graph) -> None:
    """normalize, then + other, then ReLU: one pass. The other may be normalized, too."""
    for place in graph.find("normalize"):
        _add(graph, place)
    for place in graph.find("normalize"):
        y = named(graph[place])["y"]
        after = graph.only_reader(y)
        if after is None or graph[after].arrays != (y,) or not _is_relu(graph[after]):
            continue
        (out,) = graph[after].outputs
        if graph.free(place, after, graph[place].arrays, ()):
            _move(graph, place, after, with_changes(graph[place], {}, {"y": out}, relu=True))


def _is_relu(call: Call) -> bool:
    return call.primitive.name == "pointwise" and call.attributes["rule"] == "relu"


def _add(graph: Graph, place: int) -> None:
    """Take in the sum that a normalized result goes into."""
    call = graph[place]
    y = named(call)["y"]
    after = graph.only_reader(y)
    if after is None or "other" in named(call) or graph[after].primitive.name != "pointwise":
        return
    if graph[after].attributes["rule"] != "add":
        return
    (total,) = graph[after].outputs
    (other,) = (view for view in graph[after].arrays if view != y)
    if (other.shape, other.strides, other.dtype) != (y.shape, y.strides, y.dtype):
        return
    if not graph.free(place, after, call.arrays, ()):
        return
    operands: dict[str, object] = {"other": other}
    options = {}
    twin = graph.made_by(other, "normalize")
    if (
        twin is not None
        and graph.only_reader(other) == after
        and not _has_more(graph[twin])
        and graph.free(twin, after, graph[twin].arrays, ())
    ):
        known = named(graph[twin])
        operands["other"] = known["x"]
        for part in ("mean", "variance", "weight", "bias"):
            operands[f"other_{part}"] = known.get(part)
        options["other_eps"] = graph[twin].attributes["eps"]
        graph.replace(twin, None)
    _move(graph, place, after, with_changes(call, operands, {"y": total}, **options))


def _has_more(call: Call) -> bool:
    return "other" in named(call) or call.attributes["relu"]


def _move(graph: Graph, place: int, after: int, call: Call) -> None:
    """Put a call in the place of the later of two that it stands for."""
    graph.replace(place, None)
    graph.replace(after, call)


def biases_before(graph: Graph) -> None:
    """The gradient of a bias that batch norm takes away again: 0, not the rounding errors of it.

    Of 16-bit gradients the errors are those of single numbers, which fusion must keep.
    """
    for place in graph.find("norm_apply"):
        dx = named(graph[place])["dx"]
        exact = dx.dtype == float32 and graph.writer(dx) == place
        for reader in graph.readers(dx) if exact else ():
            call = graph[reader]
            axes = tuple(axis for axis in range(dx.ndim) if axis != 1)
            if is_a(call, "reduce", "sum") and call.attributes["axes"] == axes:
                (bias,) = call.outputs
                order = tuple(range(bias.ndim))
                attributes = {
                    "shape": bias.shape,
                    "dtype": bias.dtype,
                    "order": order,
                    "value": 0.0,
                }
                graph.replace(reader, Call(call.backend, fill, (), (bias,), attributes, call.path))


def gradients_with_masks(graph: Graph) -> None:
    """relu_gradient, then norm_sums: one pass that writes the masked gradient, and sums it.

    Where ReLU's output was normalize's alone, whether it was positive is computed again: cheaper
    than reading it.
    """
    for place in graph.find("norm_sums"):
        call = graph[place]
        known = named(call)
        dz = known["dy"]
        before = graph.made_by(dz, "pointwise", "relu_gradient")
        if before is None or call.attributes["mask"] != "none":
            continue
        dy, output = graph[before].arrays
        (dz,) = graph[before].outputs
        if any(view.strides != known["x"].strides for view in (dy, output, dz)):
            continue
        if not graph.free(before, place, (dy, output), (dz,)):
            continue
        operands = {"dy": dy, **_mask(graph, call, output)}
        second = _second_sums(graph, place, dz)
        results = {"dz": dz, **{name: known[name] for name in ("dweight", "dbias")}}
        options = {"mask": "norm" if "output" not in operands else "output"}
        if second is not None:
            twin = named(graph[second])
            if graph.free(place, second, graph[second].arrays, graph[second].outputs):
                operands |= {f"other{part}": twin[name] for part, name in _OTHER.items()}
                results |= {f"other_{name}": twin[name] for name in ("dweight", "dbias")}
                options |= {"other_eps": graph[second].attributes["eps"]}
                graph.replace(second, None)
        graph.replace(before, None)
        graph.replace(place, with_changes(call, operands, results, **options))


_OTHER = {"": "x", "_mean": "mean", "_variance": "variance"}


def _mask(graph: Graph, call: Call, output: object) -> dict[str, object]:
    """What says where ReLU's output was positive."""
    made = graph.made_by(output, "normalize")
    if made is not None:
        norm = named(graph[made])
        same = norm["x"] == named(call)["x"] and norm["mean"] == named(call)["mean"]
        if same and "other" not in norm and graph[made].attributes["relu"]:
            return {"weight": norm.get("weight"), "bias": norm.get("bias")}
    return {"output": output}


def _second_sums(graph: Graph, place: int, dz: View) -> int | None:
    """Sums for another norm of the same gradient."""
    for other in graph.readers(dz):
        call = graph[other]
        if other > place and call.primitive.name == "norm_sums" and named(call)["dy"] == dz:
            return other if call.attributes["mask"] == "none" else None
    return None
