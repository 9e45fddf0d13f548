"""`x[...]`: both sides index alike."""

import numpy as np

from tests.operations.case import Operation, integers, normal


def same(name, function, *makers, **options):
    return Operation(name, function, makers, lambda _, *x: function(*x), **options)


VIEWS = {
    "an integer": lambda x: x[1],
    "a negative integer": lambda x: x[-1],
    "a slice": lambda x: x[1:],
    "slices": lambda x: x[:, 1:-1, ::2],
    "bounds beyond": lambda x: x[-9:9, 2:1],
    "everything": lambda x: x[...],
    "a new axis": lambda x: x[None, :, None, 0],
    "Ellipsis": lambda x: x[..., -1],
    "Ellipsis between": lambda x: x[0, ..., 1],
    "to a number": lambda x: x[1, 2, 3],
    "a NumPy integer": lambda x: x[np.int64(1), np.int32(-1)],
}
PICKS = {
    "a list": lambda x: x[[2, 0, -1]],
    "a list among slices": lambda x: x[1:, [0, 2], ::2],
    "two lists": lambda x: x[[0, 1], [2, -1]],
    "two lists that broadcast": lambda x: x[[[0], [1]], [[2, 0, 1]]],
    "lists apart": lambda x: x[[0, 1], :, [2, 3]],
    "a list after an integer": lambda x: x[1, [2, 0]],
    "lists around an integer": lambda x: x[[0, 2], 1, [3, 3]],
    "a list after a new axis": lambda x: x[None, [2, 0]],
    "lists apart by a new axis": lambda x: x[[0, 1], None, [1, 2]],
    "an empty list": lambda x: x[[]],
}
CASES = [
    same(f"index by {name}", function, normal(3, 3, 4))
    for name, function in (VIEWS | PICKS).items()
] + [
    same("index by a tensor", lambda x, i: x[i], normal(4, 3), integers(-4, 4, 2, 5), reduction=10),
    same("index by a tensor without axes", lambda x, i: x[:, i], normal(4, 3), integers(0, 3)),
    same(
        "index by tensors without axes",
        lambda x, i, j: x[i, :, j],
        normal(4, 3, 2),
        integers(0, 3),
        integers(-2, 2),
    ),
    same(
        "index by tensors with and without axes",
        lambda x, i, j: x[i, :, j],
        normal(4, 3, 2),
        integers(0, 3),
        integers(-2, 2, 5),
    ),
    same(
        "index by three tensors",
        lambda x, i, j, k: x[i, j, k],
        normal(2, 3, 4),
        integers(-2, 2, 5, 1),
        integers(-3, 3, 6),
        integers(-4, 4, 5, 6),
        reduction=30,
    ),
    same(
        "index of channels last",
        lambda x, i: x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)[i, 1:],
        normal(3, 3, 2, 2),
        integers(0, 3, 5),
    ),
]
