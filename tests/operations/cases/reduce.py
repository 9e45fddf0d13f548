"""Reductions over one, several and all axes; extremes, statistics and norms."""

import math

from tests.operations.case import distinct, flags, integers, normal
from tests.operations.cases.arithmetic import both

DIMS = {"all": None, "last": -1, "first": 0, "two": (0, 2), "middle, kept": 1}
X = (normal(2, 3, 4),)


def reduced(name, dim, kind, **options):
    keepdim = {"keepdim": True} if "kept" in kind else {}
    dims = {} if dim is None else {"dim": dim}
    return lambda lib, x: getattr(lib, name)(x, **dims, **keepdim, **options)


SMOOTH = ["sum", "mean", "amax", "amin", "var", "std", "logsumexp", "norm"]
CASES = [
    both(f"{name}, {kind}", reduced(name, dim, kind), (distinct(2, 3, 4),), reduction=24)
    for name in SMOOTH
    for kind, dim in DIMS.items()
    if not (name == "logsumexp" and dim is None)
]
CASES += [
    both(f"{name}, {kind}", reduced(name, dim, kind), (made(2, 3, 4),), smooth=False)
    for name, made in {"any": flags, "all": flags}.items()
    for kind, dim in DIMS.items()
]
CASES += [
    both(f"{name}, {kind}", reduced(name, dim, kind), X, reduction=24)
    for name in ("prod",)
    for kind, dim in DIMS.items()
    if dim != (0, 2)
]
CASES += [
    both(f"{name}, {kind}", reduced(name, dim, kind), X, smooth=False)
    for name in ("argmax", "argmin")
    for kind, dim in DIMS.items()
    if dim != (0, 2)
]
# Products of zeros: dividing the product by each element would give NaN.
ZEROS = (lambda g: g.choice([0.0, 1.5, -2.0], (4, 3)),)
LINE = {"no axes": ((), 0), "a line": ((5,), 0), "rows": ((3, 4), 1), "columns": ((3, 4), -2)}
CASES += [
    both(f"{name}, {kind}", lambda lib, x, n=name, d=dim: getattr(lib, n)(x, dim=d),
         (normal(*shape),), reduction=5)
    for name in ("cumsum", "cumprod")
    for kind, (shape, dim) in LINE.items()
]  # fmt: skip
CASES += [
    both(f"{name} {part}, {kind}", lambda lib, x, n=name, i=part, d=dim: getattr(x, n)(d)[i],
         (distinct(*shape),), smooth=part == 0)
    for name in ("max", "min")
    for part in (0, 1)
    for kind, (shape, dim) in LINE.items()
]  # fmt: skip
CASES += [
    both(f"{name}, as {kind}",
         lambda lib, x, n=name, k=kind: getattr(lib, n)(x, 0, dtype=getattr(lib, k)),
         (integers(-3, 4, 5, 2),), smooth=False)
    for name in ("sum", "prod", "cumsum", "cumprod")
    for kind in ("int32", "uint8", "int64")
    if name != "prod" or kind != "uint8"
]  # fmt: skip
CASES += [
    both(f"{name} of bytes", lambda lib, x, n=name: getattr(lib, n)(x.to(lib.uint8), 1),
         (integers(0, 2, 4, 2),), smooth=False)
    for name in ("any", "all")
]  # fmt: skip
CASES += [
    both("how many are not 0, as a norm", lambda lib, x: lib.norm(x, 0, 1), X),
    both("max of all", lambda lib, x: lib.max(x), (distinct(3, 4),)),
    both("min of all", lambda lib, x: x.min(), (distinct(3, 4),)),
    both("max, kept", lambda lib, x: lib.max(x, 1, True).values, (distinct(3, 4),)),
    both("prod with zeros", lambda lib, x: x.prod(1), ZEROS),
    both("prod of all with zeros", lambda lib, x: x.prod(), ZEROS),
    both("cumprod with zeros", lambda lib, x: x.cumprod(0), ZEROS),
    both("sum of nothing", lambda lib, x: x.sum(0), (normal(0, 3),)),
    both("sum of no axes", lambda lib, x: x.sum(0), (normal(),)),
    both("sum, empty dim", lambda lib, x: x.sum(()), X, reduction=24),
    both("sum, dtype", lambda lib, x: x.sum(dtype=lib.float64), X, reduction=24),
    both("sum of integers", lambda lib, x: x.sum(0), (integers(-9, 9, 5, 4),), smooth=False),
    both("sum of small integers", lambda lib, x: x.int().sum(), (integers(-9, 9, 5, 4),),
         smooth=False),
    both("sum of flags", lambda lib, x: x.sum(1), (flags(5, 4),), smooth=False),
    both("mean of integers, dtype", lambda lib, x: x.mean(dtype=lib.float32),
         (integers(-9, 9, 7),), smooth=False),
    both("prod of integers", lambda lib, x: x.prod(), (integers(1, 4, 7),), smooth=False),
    both("cumsum of flags", lambda lib, x: x.cumsum(0), (flags(7),), smooth=False),
    both("amax with ties", lambda lib, x: lib.round(x).amax(1), (normal(6, 9),), smooth=False),
    both("amax of integers", lambda lib, x: x.amax((0, 1)), (integers(-9, 9, 5, 4),),
         smooth=False),
    both("count_nonzero", lambda lib, x: lib.count_nonzero(x, 1), (integers(0, 2, 5, 4),),
         smooth=False),
    both("var, no correction", lambda lib, x: x.var(1, correction=0), X, reduction=4),
    both("var, not unbiased", lambda lib, x: x.var(1, unbiased=False), X, reduction=4),
    both("std, correction 2", lambda lib, x: x.std((0, 2), correction=2), X, reduction=8),
    both("std of equals", lambda lib, x: (0 * x).std(1), X),
    both("var_mean, var", lambda lib, x: lib.var_mean(x, 1)[0], X, reduction=4),
    both("var_mean, mean", lambda lib, x: lib.var_mean(x, 1)[1], X, reduction=4),
    both("std_mean, both", lambda lib, x: sum(lib.std_mean(x, 1)), X, reduction=4),
    both("norm, fro", lambda lib, x: lib.norm(x, "fro"), X, reduction=24),
    both("norm of zeros", lambda lib, x: (0 * x).norm(dim=1), X),
    both("logsumexp, far", lambda lib, x: lib.logsumexp(300 * x, (0, 1)), X, reduction=6),
]  # fmt: skip
CASES += [
    both(
        f"norm {p}",
        lambda lib, x, p=p: x.norm(p, 1),
        (lambda g: distinct(2, 3, 4)(g) + 0.03,),
        reduction=3,
    )
    for p in (0.5, 1, 1.5, 2, 3, math.inf, -math.inf)
]
CASES.append(both("norm 0", lambda lib, x: x.norm(0, 1), X, smooth=False))
