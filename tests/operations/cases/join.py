"""Joining, turning, cutting."""

from dlcore.ops import join as ops
from tests.operations.case import Operation, integers, normal


def both(name, function, *makers, **options):
    """An operation with the same name and arguments on both sides: `function(module, ...)`."""
    return Operation(
        name, lambda *x: function(ops, *x), makers, lambda torch, *x: function(torch, *x), **options
    )


def last(x):
    """The same values, channels last in memory."""
    return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)


CASES = [
    both("cat", lambda m, *x: m.cat(x), normal(2, 3), normal(1, 3), normal(0, 3)),
    both("cat of columns", lambda m, *x: m.cat(x, dim=-1), normal(2, 3), normal(2, 1)),
    both("cat with itself", lambda m, x: m.cat([x, x], 1), normal(2, 3)),
    both("cat with the empty vector", lambda m, *x: m.cat(x), normal(0), normal(2, 3)),
    both("cat of one", lambda m, x: m.concat([x]), normal(2, 3)),
    both("cat of floats and integers", lambda m, *x: m.cat(x), normal(3), integers(0, 5, 2)),
    both(
        "cat of channels",
        lambda m, x, y: m.cat([last(x), last(y)], 1),
        normal(2, 3, 2, 3),
        normal(2, 1, 2, 3),
    ),
    both("concatenate", lambda m, *x: m.concatenate(x, axis=1), normal(2, 3), normal(2, 2)),
    both("stack", lambda m, *x: m.stack(x), normal(2, 3), normal(2, 3)),
    both("stack at the end", lambda m, *x: m.stack(x, -1), normal(2, 3), normal(2, 3)),
    both("stack of numbers", lambda m, *x: m.stack(x), normal(), normal()),
    both("hstack", lambda m, *x: m.hstack(x), normal(2, 3), normal(2, 1)),
    both("hstack of vectors", lambda m, *x: m.hstack(x), normal(2), normal(1)),
    both("vstack", lambda m, *x: m.vstack(x), normal(2, 3), normal(3)),
    both("dstack", lambda m, *x: m.dstack(x), normal(2, 3), normal(2, 3)),
    both("dstack of vectors", lambda m, *x: m.dstack(x), normal(3), normal(1, 3, 2)),
    both("column_stack", lambda m, *x: m.column_stack(x), normal(2), normal(2, 3)),
    both("atleast_1d", lambda m, x: m.atleast_1d(x), normal()),
    both("atleast_2d", lambda m, x, y: m.atleast_2d(x, y)[0], normal(3), normal()),
    both("flip", lambda m, x: m.flip(x, (0, -1)), normal(2, 3, 4)),
    both("flip of one axis", lambda m, x: m.flip(x, (1,)), normal(2, 1)),
    both("flip of nothing", lambda m, x: m.flip(x, (0,)), normal(0, 2)),
    Operation("flip, a method", lambda x: x.flip(0, 1), (normal(2, 3),), lambda _, x: x.flip(0, 1)),
    both("roll", lambda m, x: m.roll(x, 2), normal(2, 3)),
    both("roll along an axis", lambda m, x: m.roll(x, -1, 1), normal(2, 5)),
    both("roll along two", lambda m, x: m.roll(x, (1, 7), (0, 1)), normal(3, 5)),
    both("roll by the whole", lambda m, x: m.roll(x, 3, 0), normal(3, 2)),
    both("tril", lambda m, x: m.tril(x), normal(3, 4)),
    both("tril below", lambda m, x: m.tril(x, -1), normal(2, 4, 3)),
    both("tril above all", lambda m, x: m.tril(x, 5), normal(3, 3)),
    both("triu", lambda m, x: m.triu(x), normal(4, 3)),
    both("triu above", lambda m, x: m.triu(x, 2), normal(2, 3, 5)),
    both("triu of integers", lambda m, x: m.triu(x), integers(1, 9, 3, 3), smooth=False),
    both("diagonal", lambda m, x: m.diagonal(x), normal(3, 4)),
    both("diagonal above", lambda m, x: m.diagonal(x, 2), normal(3, 4)),
    both("diagonal below", lambda m, x: m.diagonal(x, -1), normal(3, 4)),
    both("diagonal beyond", lambda m, x: m.diagonal(x, 9), normal(3, 4)),
    both("diagonal of other axes", lambda m, x: m.diagonal(x, 1, 2, 0), normal(3, 2, 4)),
    both("meshgrid", lambda m, *x: m.meshgrid(*x, indexing="ij")[1], normal(3), normal(2)),
    both(
        "meshgrid, xy",
        lambda m, *x: m.meshgrid(*x, indexing="xy")[2],
        *[normal(n) for n in (3, 2, 4)],
    ),
    both(
        "meshgrid, xy, the first",
        lambda m, *x: m.meshgrid(*x, indexing="xy")[0],
        normal(3),
        normal(2),
    ),
]
