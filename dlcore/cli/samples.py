"""Calls that work: a layer or an operation with small arguments.

They are found by trying: every axis has length 4, options have usual values, and tensors are given
one shape and dtype after the other until nothing objects.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from inspect import Parameter as Argument
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from dlcore.backend import get_backend
from dlcore.backend.interface.array import Dtype, Shape, boolean, float32, int64
from dlcore.cli.catalogue import Thing
from dlcore.nn.module import Module
from dlcore.tensors import Tensor

N = 4
SHAPES = [(N,) * axes for axes in (4, 3, 2, 1, 0)]
FLOAT, LABEL, FLAG = float32, int64, boolean
DTYPES: tuple[Dtype, ...] = (FLOAT, LABEL, FLAG)
USUAL: dict[str, tuple[Any, ...]] = {  # by the name of an argument that has no default
    "axis0": (0,),
    "axis1": (1,),
    "chunks": (2,),
    "destination": (1,),
    "dim": (0,),
    "dim0": (0,),
    "dim1": (1,),
    "dims": (0, (1, 0)),
    "downscale_factor": (2,),
    "embedding_dim": (N,),
    "end": (1.0,),
    "equation": ("ij,jk->ik",),
    "fill_value": (1.0,),
    "groups": (2,),
    "in1_features": (N,),
    "in2_features": (N,),
    "in_channels": (N,),
    "in_features": (N,),
    "index": (0,),
    "indices_or_sections": (2,),
    "k": (2,),
    "kernel_size": (2,),
    "length": (2,),
    "low": (N,),
    "mean": (0.0,),
    "n": (N,),
    "norm_type": (2.0,),
    "normalized_shape": (N,),
    "num_channels": (N,),
    "num_embeddings": (N,),
    "num_features": (N,),
    "num_groups": (2,),
    "num_samples": (1,),
    "out_channels": (N,),
    "out_features": (N,),
    "output_size": (3,),
    "pad": ((1, 1),),
    "padding": (1,),
    "repeats": (2,),
    "shape": ((N * N,), (N, N)),
    "shifts": (1,),
    "size": (2, (2, 2)),
    "sizes": ((2, 2),),
    "source": (0,),
    "split_size_or_sections": (2,),
    "start": (0,),
    "std": (1.0,),
    "steps": (2,),
    "threshold": (0.5,),
    "unflattened_size": ((2, 2),),
    "upscale_factor": (2,),
    "value": (1.0,),
}
ENLARGED = {"scale_factor": 2.0}
BOUNDED = {"min": 0.0}
OPTIONS: dict[str, dict[str, Any]] = {  # what is said although it has a default
    "alpha_dropout": {"training": True},
    "clamp": BOUNDED,
    "clip": BOUNDED,
    "Upsample": ENLARGED,
    "UpsamplingBilinear2d": ENLARGED,
    "UpsamplingNearest2d": ENLARGED,
    "interpolate": ENLARGED,
    "upsample": ENLARGED,
}
LABELLED = {"cross_entropy", "CrossEntropyLoss"}  # take probabilities, too


class Sample(NamedTuple):
    """A call.

    Attributes:
        function: what is called.
        given, named: its arguments.
        leaves: the tensors that get gradients, parameters too.
    """

    function: Callable[..., Any]
    given: tuple[Any, ...]
    named: dict[str, Any]
    leaves: list[Tensor]

    def call(self) -> Any:
        """Do it."""
        return self.function(*self.given, **self.named)


def sample(thing: Thing) -> Sample | None:
    """A call of a layer or an operation; None if there is none.

    On device "meta" if that is enough, else with ones and zeros as values.
    """
    for device in ("meta", "cpu"):
        for make in _layers(thing, device) if thing.kind == "layer" else (thing.value,):
            for found in _calls(thing.name, make, device):
                try:
                    found.call()
                except Exception:  # it objects, in whatever way: to the next one
                    continue
                return _completed(found, device)
    return None


def _completed(found: Sample, device: str) -> Sample:
    """With a weight and a bias, too, where they may be left out but fit."""
    if isinstance(found.function, Module):
        return found
    known = inspect.signature(found.function).parameters
    for name in ("weight", "bias"):
        if name in known and name not in found.named:
            tensor = _tensor(device, FLOAT, (N,))
            more = found._replace(
                named={**found.named, name: tensor}, leaves=[*found.leaves, tensor]
            )
            with suppress(Exception):  # it doesn't fit
                more.call()
                found = more
    return found


def _layers(thing: Thing, device: str) -> Iterator[Module]:
    """Instances of a layer's class."""
    if not issubclass(thing.value, Module):
        return
    known = inspect.signature(thing.value).parameters
    place = {"device": device} if "device" in known else {}
    for values in usual_options(thing.value):
        yield thing.value(**values, **place, **OPTIONS.get(thing.name, {}))


def usual_options(function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Usual values for what a function has to be told beside tensors; none if one is unknown."""
    needed = [argument.name for argument in _required(function) if not _is_tensor(argument)]
    choices = [USUAL.get(name, ()) for name in needed]
    return (dict(zip(needed, values, strict=True)) for values in product(*choices))


def _calls(name: str, function: Callable[..., Any], device: str) -> Iterator[Sample]:
    """Calls with all combinations of tensors; those with tensors that are alike come first."""
    layer = isinstance(function, Module)
    called = function.forward if isinstance(function, Module) else function
    arguments = [argument for argument in _required(called) if _is_tensor(argument)]
    parameters = list(function.parameters()) if isinstance(function, Module) else []
    kinds = list(product(DTYPES, SHAPES))
    count = len(arguments)
    said = {} if layer else OPTIONS.get(name, {})
    for options in usual_options(called):
        for chosen in (*([kind] * count for kind in kinds), *product(kinds, repeat=count)):
            if name in LABELLED and chosen[1][0] != LABEL:
                continue
            tensors = [_tensor(device, *kind) for kind in chosen]
            leaves = [tensor for tensor in (*tensors, *parameters) if tensor.requires_grad]
            if layer:
                yield Sample(function, tuple(tensors), options, leaves)
            elif any(argument.kind is Argument.VAR_POSITIONAL for argument in arguments):
                yield Sample(function, (*options.values(), *tensors * 2), {}, leaves)
            else:
                named = {
                    argument.name: [tensor] * 2
                    if "Sequence" in str(argument.annotation)
                    else tensor
                    for argument, tensor in zip(arguments, tensors, strict=True)
                }
                yield Sample(function, (), {**named, **options, **said}, leaves)


def _required(function: Callable[..., Any]) -> list[Argument]:
    """Arguments without default, and those of which there may be any number if they are tensors."""
    arguments = inspect.signature(function).parameters.values()
    listed = (Argument.VAR_POSITIONAL, Argument.VAR_KEYWORD)
    return [
        argument
        for argument in arguments
        if (argument.default is Argument.empty and argument.kind not in listed)
        or (argument.kind is Argument.VAR_POSITIONAL and _is_tensor(argument))
    ]


def _is_tensor(argument: Argument) -> bool:
    kind = str(argument.annotation)
    return "Tensor" in kind or kind == "Operand" or argument.name in ("operands", "tensors")


def _tensor(device: str, dtype: Dtype, shape: Shape) -> Tensor:
    """Ones, or zeros as labels, so that they are in range everywhere."""
    backend = get_backend(device)
    array = backend.upload(np.full(shape, dtype != LABEL, dtype))
    return Tensor(array, backend, requires_grad=dtype == FLOAT)
