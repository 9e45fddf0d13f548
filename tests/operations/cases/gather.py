"""Picking and writing by tensors of indices, tables, sorting."""

from dlcore.ops import embedding as tables
from dlcore.ops import gather as ops
from dlcore.ops import sort as sorting
from tests.operations.case import Operation, distinct, flags, integers, normal


def both(name, function, *makers, ours=ops, **options):
    return Operation(
        name,
        lambda *x: function(ours, *x),
        makers,
        lambda torch, *x: function(torch, *x),
        **options,
    )


CASES = [
    both(
        "index_select", lambda m, x, i: m.index_select(x, 1, i), normal(2, 4, 3), integers(0, 4, 6)
    ),
    both(
        "index_select of none",
        lambda m, x, i: m.index_select(x, 0, i),
        normal(2, 4),
        integers(0, 2, 0),
    ),
    both(
        "index_select of one",
        lambda m, x, i: m.index_select(x, -1, i),
        normal(2, 4),
        integers(0, 4),
    ),
    both(
        "index_add",
        lambda m, x, i, s: m.index_add(x, 0, i, s),
        normal(4, 3),
        integers(0, 4, 6),
        normal(6, 3),
        reduction=6,
    ),
    both(
        "index_add of twice",
        lambda m, x, i, s: m.index_add(x, 1, i, s, alpha=2),
        normal(2, 3),
        integers(0, 3, 4),
        normal(2, 4),
        reduction=6,
    ),
    both("gather", lambda m, x, i: m.gather(x, 1, i), normal(3, 5), integers(0, 5, 3, 2)),
    both(
        "gather of shorter", lambda m, x, i: m.gather(x, 0, i), normal(3, 5), integers(0, 3, 7, 2)
    ),
    both("gather of a number", lambda m, x, i: m.gather(x, 0, i), normal(), integers(0, 1)),
    both(
        "gather of nothing", lambda m, x, i: m.gather(x, 0, i), normal(3, 5), integers(0, 3, 0, 5)
    ),
    both(
        "take_along_dim",
        lambda m, x, i: m.take_along_dim(x, i, 1),
        normal(1, 5, 2),
        integers(0, 5, 3, 2, 1),
    ),
    both(
        "take_along_dim, flat",
        lambda m, x, i: m.take_along_dim(x, i),
        normal(2, 3),
        integers(0, 6, 4),
    ),
    # unique places, as PyTorch does not say which of several values it keeps
    both(
        "scatter",
        lambda m, x, i, s: m.scatter(x, 0, i.argsort(0), s),
        normal(4, 3),
        integers(0, 99, 4, 3),
        normal(4, 3),
    ),
    both(
        "scatter of a number",
        lambda m, x, i: m.scatter(x, 1, i, 2.5),
        normal(3, 4),
        integers(0, 4, 3, 2),
    ),
    Operation(
        "scatter, added",
        lambda x, i, s: ops.scatter(x, 1, i, s, reduce="add"),
        (normal(3, 4), integers(0, 4, 3, 6), normal(3, 6)),
    ),
    Operation(
        "scatter_add",
        lambda x, i, s: ops.scatter_add(x, 1, i, s),
        (normal(3, 4), integers(0, 4, 2, 5), normal(2, 5)),
        lambda torch, x, i, s: torch.scatter_add(x, 1, i, s),
        6,
    ),
    Operation(
        "scatter_add from a longer source",
        lambda x, i, s: ops.scatter_add(x, 0, i, s),
        (normal(3, 4), integers(0, 3, 2, 3), normal(4, 5)),
    ),
    Operation(
        "scatter into a number",
        lambda x, i, s: ops.scatter(x, 0, i, s),
        (normal(), integers(0, 1), normal()),
        lambda torch, x, i, s: torch.scatter(x, 0, i, s),
    ),
    Operation(
        "embedding",
        tables.embedding,
        (integers(0, 5, 2, 7), normal(5, 3)),
        lambda torch, i, w: torch.nn.functional.embedding(i, w),
        14,
    ),
    Operation(  # no index meets the padding, whose gradient is left out on purpose
        "embedding with padding",
        lambda i, w: tables.embedding(i, w, padding_idx=-1),
        (integers(0, 3, 9), normal(4, 2)),
        lambda torch, i, w: torch.nn.functional.embedding(i, w, padding_idx=-1),
        9,
    ),
    Operation(
        "embedding of one index",
        tables.embedding,
        (integers(0, 4), normal(4, 1)),
        lambda torch, i, w: torch.nn.functional.embedding(i, w),
    ),
    Operation(
        "one_hot",
        lambda i: tables.one_hot(i, 4),
        (integers(0, 4, 3, 2),),
        lambda torch, i: torch.nn.functional.one_hot(i, 4),
        smooth=False,
    ),
    both("sort", lambda m, x: m.sort(x)[0], distinct(3, 5), ours=sorting),
    both("sort, descending", lambda m, x: m.sort(x, 0, True)[0], distinct(4, 3), ours=sorting),
    both("sort of a number", lambda m, x: m.sort(x)[0], normal(), ours=sorting),
    both(
        "sort of integers",
        lambda m, x: m.sort(x)[0],
        integers(0, 50, 9),
        ours=sorting,
        smooth=False,
    ),
    both("argsort", lambda m, x: m.argsort(x, 1), distinct(3, 5), ours=sorting, smooth=False),
    both(
        "argsort of flags",
        lambda m, x: m.argsort(x, stable=True),
        flags(7),
        ours=sorting,
        smooth=False,
    ),
    both("topk", lambda m, x: m.topk(x, 2)[0], distinct(3, 5), ours=sorting),
    both(
        "topk, indices", lambda m, x: m.topk(x, 3, 0)[1], distinct(5, 2), ours=sorting, smooth=False
    ),
    both(
        "topk of the smallest",
        lambda m, x: m.topk(x, 2, 0, largest=False)[0],
        distinct(5, 2),
        ours=sorting,
    ),
    both("topk of a number", lambda m, x: m.topk(x, 1)[0], normal(), ours=sorting),
]
