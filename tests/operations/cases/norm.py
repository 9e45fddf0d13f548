"""Normalisation. Running statistics get no gradient, so they are made inside the cases."""

import numpy as np

from dlcore.ops import norm as ops
from dlcore.ops import rms_norm as sizes
from dlcore.tensors import tensor
from tests.operations.case import Operation, normal

MEAN, VARIANCE = np.array([0.5, -1.0, 2.0]), np.array([0.5, 1.0, 2.0])


def running(x):
    """Given statistics for three channels, in x's dtype on x's device."""
    return [tensor(values.astype(x.dtype), device=x.backend) for values in (MEAN, VARIANCE)]


def peer_running(torch, x):
    return [torch.tensor(values, dtype=x.dtype) for values in (MEAN, VARIANCE)]


def batch(name, shape, *vectors, reduction, **options):
    """Batch norm in training, with weight and bias if their shapes are given."""
    return Operation(
        f"batch_norm {name}",
        lambda x, *wb: ops.batch_norm(x, None, None, *wb, training=True, **options),
        (normal(*shape), *(normal(*vector) for vector in vectors)),
        lambda torch, x, *wb: torch.nn.functional.batch_norm(
            x, None, None, *wb, training=True, **options
        ),
        reduction,
    )


def given(name, function, shape, *vectors, **options):
    """A norm by running statistics."""
    return Operation(
        f"{function} {name}",
        lambda x, *wb: getattr(ops, function)(x, *running(x), *wb, **options),
        (normal(*shape), *(normal(*vector) for vector in vectors)),
        lambda torch, x, *wb: getattr(torch.nn.functional, function)(
            x, *peer_running(torch, x), *wb, **options
        ),
        int(np.prod(shape)),
    )


def layer(name, shape, normalized, *vectors, **options):
    return Operation(
        f"layer_norm {name}",
        lambda x, *wb: ops.layer_norm(x, normalized, *wb, **options),
        (normal(*shape), *(normal(*vector) for vector in vectors)),
        lambda torch, x, *wb: torch.nn.functional.layer_norm(x, normalized, *wb, **options),
        int(np.prod(shape)),
    )


def case(name, module, function, shape, *arguments, vectors=(), **options):
    return Operation(
        f"{function} {name}",
        lambda x, *wb: getattr(module, function)(x, *arguments, *wb, **options),
        (normal(*shape), *(normal(*vector) for vector in vectors)),
        lambda torch, x, *wb: getattr(torch.nn.functional, function)(x, *arguments, *wb, **options),
        int(np.prod(shape)),
    )


CASES = [
    batch("of images", (3, 4, 2, 5), (4,), (4,), reduction=30),
    batch("of rows", (5, 3), (3,), (3,), reduction=5),
    batch("of signals", (2, 3, 4), (3,), (3,), reduction=8, eps=0.1),
    batch("without bias", (2, 3, 4), (3,), reduction=8),
    batch("plain", (2, 3, 2, 2), reduction=8),
    batch("of nothing", (0, 3, 2, 2), (3,), (3,), reduction=1),
    Operation(
        "batch_norm without weight",
        lambda x, b: ops.batch_norm(x, None, None, None, b, training=True),
        (normal(4, 3), normal(3)),
        lambda torch, x, b: torch.nn.functional.batch_norm(x, None, None, None, b, training=True),
        4,
    ),
    given("by given statistics", "batch_norm", (2, 3, 2, 4), (3,), (3,)),
    given("by given statistics, plain", "batch_norm", (4, 3), eps=0.1),
    given("of one value by given statistics", "batch_norm", (1, 3), (3,), (3,)),
    given("by given statistics", "instance_norm", (2, 3, 4), (3,), (3,), use_input_stats=False),
    layer("of rows", (3, 6), (6,), (6,), (6,)),
    layer("of images", (2, 3, 4, 2), (3, 4, 2), (3, 4, 2), (3, 4, 2)),
    layer("of the last two axes", (2, 3, 4, 2), (4, 2), (4, 2), eps=0.1),
    layer("plain", (2, 3, 5), (5,)),
    layer("of one sample", (5,), (5,), (5,), (5,)),
    layer("of nothing", (0, 4), (4,), (4,), (4,)),
    case("of images", ops, "group_norm", (2, 6, 3, 2), 3, vectors=((6,), (6,))),
    case("of rows", ops, "group_norm", (3, 6), 2, vectors=((6,),)),
    case("plain, one group", ops, "group_norm", (2, 4, 5), 1),
    case("a group each", ops, "group_norm", (2, 3, 4), 3, None, eps=0.1),
    case("of images", ops, "instance_norm", (2, 3, 3, 2), None, None, vectors=((3,), (3,))),
    case("of signals", ops, "instance_norm", (2, 3, 4), eps=0.1),
    case("odd", ops, "local_response_norm", (2, 7, 2, 3), 5, 0.5, 0.75, 2.0),
    case("even", ops, "local_response_norm", (2, 5, 3), 4, 0.5),
    case("default", ops, "local_response_norm", (1, 3, 2, 2), 2),
    case("of rows", sizes, "rms_norm", (3, 6), (6,), vectors=((6,),)),
    case("of the last two axes", sizes, "rms_norm", (2, 3, 4), (3, 4), eps=0.1),
    case("rows", sizes, "normalize", (3, 5)),
    case("order 1", sizes, "normalize", (2, 3, 4), 1.0, -1),
    case("order 3", sizes, "normalize", (2, 3, 4), 3.0, 2),
]
