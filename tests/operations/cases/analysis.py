"""Functions of one or two numbers, distances, and what tensors are."""

import math

from tests.operations.case import integers, normal, unit
from tests.operations.cases.arithmetic import both

VALUES = (0.5, -2.0, math.nan, math.inf, -math.inf)

CASES = [
    both("atan2", lambda lib, a, b: lib.atan2(a, b), (normal(3, 5), normal(5))),
    both("atan2, another name", lambda lib, a, b: lib.arctan2(a, b), (normal(), normal())),
    both("atan2 of integers", lambda lib, a: a.atan2(a), (integers(-3, 4, 5),), smooth=False),
    both("logaddexp", lambda lib, a, b: lib.logaddexp(a, b), (normal(2, 1, 4), normal(3, 1))),
    both("logaddexp of large ones", lambda lib, a, b: (900 * a).logaddexp(900 * a + b),
         (normal(2, 3), normal(3))),
    both("logit", lambda lib, a: lib.logit(a), (unit(3, 5),)),
    both("logit of bytes", lambda lib, a: lib.logit(a.to(lib.uint8)),
         (integers(0, 4, 5),), smooth=False),
    both("logit, within bounds", lambda lib, a: a.logit(0.2), (unit(3, 5),)),
    both("nan_to_num", lambda lib, a: lib.nan_to_num(a), (lambda g: g.choice(VALUES, 30),),
         smooth=False),
    both("nan_to_num, numbers", lambda lib, a: a.nan_to_num(1.0, 2.0, -3.0),
         (lambda g: g.choice(VALUES, 30),), smooth=False),
    both("nan_to_num of finite ones", lambda lib, a: a.nan_to_num(), (normal(3, 4),)),
    both("nan_to_num of integers", lambda lib, a: a.nan_to_num(5.0), (integers(0, 9, 4),),
         smooth=False),
    both("cdist", lambda lib, a, b: lib.cdist(a, b), (normal(2, 4, 3), normal(5, 3)),
         reduction=5),
    both("cdist, order 1", lambda lib, a, b: lib.cdist(a, b, p=1.0), (normal(4, 3), normal(2, 3)),
         reduction=4),
    both("broadcast_tensors", lambda lib, a, b: lib.broadcast_tensors(a, b)[0],
         (normal(3, 1), normal(2, 1, 4)), reduction=8),
    both("clone", lambda lib, a: lib.clone(a), (normal(2, 3),)),
    both("round to decimals", lambda lib, a: lib.round(a, decimals=2), (normal(9),), smooth=False),
    both("round to tens", lambda lib, a: (99 * a).round(decimals=-1), (normal(9),), smooth=False),
    both("index_copy", lambda lib, a, i, s: a.index_copy(-1, i, s),
         (normal(2, 4), lambda g: g.permutation(4)[:3], normal(2, 3))),
    both("index_copy of nothing", lambda lib, a, i, s: lib.index_copy(a, 0, i, s),
         (normal(3, 2), integers(0, 3, 0), normal(0, 2))),
    both("index_fill", lambda lib, a, i: a.index_fill(1, i, -1.5),
         (normal(2, 4), integers(0, 4, 3))),
    both("unfold, a method", lambda lib, a: a.unfold(1, 3, 2), (normal(2, 8, 3),), reduction=2),
    both("unfold, a method, of all", lambda lib, a: a.unfold(-1, 4, 1), (normal(4),)),
    both("type", lambda lib, a: a.type(lib.float64) * 1, (normal(3),)),
]  # fmt: skip
