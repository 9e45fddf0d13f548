"""Pooling. Max pooling has kinks where values are equal, so its inputs are distinct."""

from dlcore.nn import functional
from dlcore.ops import pool as ops
from tests.operations.case import Operation, distinct, normal, positive


def case(name, function, shape, *arguments, maker=normal, reduction=9, **options):
    """The function of that name here and in torch.nn.functional."""
    return Operation(
        f"{function} {name}",
        lambda x: getattr(ops, function)(x, *arguments, **options),
        (maker(*shape),),
        lambda torch, x: getattr(torch.nn.functional, function)(x, *arguments, **options),
        reduction,
    )


def largest(name, function, shape, *arguments, **options):
    return case(name, function, shape, *arguments, maker=distinct, **options)


def index_case(name, function, shape, *arguments, **options):
    """The places of the largest values, which must be PyTorch's."""
    return Operation(
        f"{function} indices {name}",
        lambda x: getattr(ops, function)(x, *arguments, return_indices=True, **options)[1],
        (distinct(*shape),),
        lambda torch, x: getattr(torch.nn.functional, function)(
            x, *arguments, return_indices=True, **options
        )[1],
        smooth=False,
    )


def unpooled(functions, x, pool_arguments, axes="2d", **options):
    pool, unpool = (getattr(functions, f"max_{name}{axes}") for name in ("pool", "unpool"))
    values, indices = pool(x, *pool_arguments, return_indices=True)
    return unpool(values, indices, *pool_arguments, **options)


CASES = [
    largest("2 x 2", "max_pool2d", (2, 3, 4, 6), 2),
    largest("padded, overlapping", "max_pool2d", (2, 3, 7, 5), 3, 2, 1),
    largest("every option", "max_pool2d", (1, 2, 9, 8), (2, 3), (1, 2), (1, 1), 2, True),
    largest("unlike axes", "max_pool2d", (2, 1, 5, 6), (1, 4), (2, 1)),
    largest("one pixel", "max_pool2d", (1, 1, 1, 1), 1),
    largest("without a batch", "max_pool2d", (3, 5, 5), 2),
    largest("of nothing", "max_pool2d", (0, 3, 4, 4), 2),
    largest("of rows", "max_pool1d", (2, 3, 7), 3, 2, 1),
    largest("every option", "max_pool1d", (2, 3, 8), 3, 2, 1, 2, True),
    largest("without a batch", "max_pool1d", (3, 7), 2),
    largest("bins", "adaptive_max_pool2d", (2, 3, 7, 5), (3, 2)),
    largest("a length kept", "adaptive_max_pool2d", (2, 3, 4, 5), (None, 2)),
    largest("more than pixels", "adaptive_max_pool2d", (1, 2, 3, 3), 4),
    largest("without a batch", "adaptive_max_pool2d", (3, 4, 4), 2),
    largest("bins", "adaptive_max_pool1d", (2, 3, 7), 3),
    largest("without a batch", "adaptive_max_pool1d", (3, 7), 2),
    index_case("padded", "max_pool2d", (2, 3, 7, 5), 3, 2, 1),
    index_case("dilated", "max_pool2d", (2, 3, 7, 5), 2, 2, 1, 2),
    index_case("of rows", "max_pool1d", (2, 3, 7), 3, 2, 1),
    index_case("of bins", "adaptive_max_pool2d", (2, 3, 7, 5), (3, 2)),
    index_case("of bins", "adaptive_max_pool1d", (2, 3, 7), 3),
    Operation(
        "max_unpool2d",
        lambda x: unpooled(functional, x, (2,)),
        (distinct(2, 3, 4, 6),),
        lambda torch, x: unpooled(torch.nn.functional, x, (2,)),
    ),
    Operation(
        "max_unpool2d to a size",
        lambda x: unpooled(functional, x, (2, 3), output_size=(6, 9)),
        (distinct(2, 3, 5, 8),),
        lambda torch, x: unpooled(torch.nn.functional, x, (2, 3), output_size=(6, 9)),
    ),
    Operation(
        "max_unpool2d without a batch",
        lambda x: unpooled(functional, x, (2,)),
        (distinct(3, 4, 4),),
        lambda torch, x: unpooled(torch.nn.functional, x, (2,)),
    ),
    Operation(
        "max_unpool1d",
        lambda x: unpooled(functional, x, (2, 3), "1d"),
        (distinct(2, 3, 8),),
        lambda torch, x: unpooled(torch.nn.functional, x, (2, 3), "1d"),
    ),
    Operation(
        "max_unpool1d to a size",
        lambda x: unpooled(functional, x, (2,), "1d", output_size=(9,)),
        (distinct(3, 8),),
        lambda torch, x: unpooled(torch.nn.functional, x, (2,), "1d", output_size=(9,)),
    ),
    case("2 x 2", "avg_pool2d", (2, 3, 4, 6), 2),
    case("padded, overlapping", "avg_pool2d", (2, 3, 7, 5), 3, 2, 1),
    case("a rest counts", "avg_pool2d", (1, 2, 8, 7), (3, 2), (2, 3), (1, 0), True),
    case("area inside", "avg_pool2d", (1, 2, 8, 7), 3, 2, 1, True, False),
    case("divisor", "avg_pool2d", (1, 2, 8, 7), 3, 2, 1, True, False, 5),
    case("without a batch", "avg_pool2d", (3, 5, 5), 2),
    case("of nothing", "avg_pool2d", (0, 3, 4, 4), 2),
    case("of rows", "avg_pool1d", (2, 3, 7), 3, 2, 1),
    case("area inside", "avg_pool1d", (2, 3, 8), 3, 2, 1, True, False),
    case("without a batch", "avg_pool1d", (3, 7), 2),
    case("bins", "adaptive_avg_pool2d", (2, 3, 7, 5), (3, 2)),
    case("global", "adaptive_avg_pool2d", (2, 5, 3, 4), 1, reduction=12),
    case("a length kept", "adaptive_avg_pool2d", (2, 3, 4, 5), (None, 2)),
    case("more than pixels", "adaptive_avg_pool2d", (1, 2, 3, 3), 4),
    case("without a batch", "adaptive_avg_pool2d", (3, 4, 4), 2),
    case("order 2", "lp_pool2d", (2, 3, 5, 4), 2.0, 2),
    case("overhanging", "lp_pool2d", (1, 2, 5, 4), 3.0, (2, 3), 2, True, maker=positive),
    case("of rows", "lp_pool1d", (2, 3, 7), 2.0, 3, 2),
    case("sums, also negative ones", "lp_pool1d", (2, 3, 7), 1.0, 3, 2),
    case("the largest", "lp_pool2d", (1, 2, 5, 4), float("inf"), 2, ceil_mode=True),
    case("the smallest", "lp_pool2d", (1, 2, 5, 4), -float("inf"), 2),
    case("bins", "adaptive_avg_pool1d", (2, 3, 7), 3),
    case("without a batch", "adaptive_avg_pool1d", (3, 7), 2),
]
