"""Arithmetic of tensors and numbers, powers, and choices between two."""

import dlcore as dl
from tests.operations.case import Operation, distinct, flags, integers, normal, positive, unit

ROW, MATRIX = (normal(5),), (normal(3, 5),)
PAIR = (normal(3, 5), normal(3, 5))
BROADCAST = (normal(2, 1, 5), normal(3, 1))
CHANNELS = (normal(2, 3, 4, 5), normal(3, 1, 1))


def both(name, function, made, **options):
    """The same source text runs with dlcore and with PyTorch."""
    return Operation(
        name,
        lambda *tensors: function(dl, *tensors),
        made,
        lambda torch, *tensors: function(torch, *tensors),
        **options,
    )


TWO = {
    "add": lambda lib, a, b: lib.add(a, b),
    "add, alpha": lambda lib, a, b: lib.add(a, b, alpha=3),
    "subtract": lambda lib, a, b: a - b,
    "subtract, alpha": lambda lib, a, b: lib.sub(a, b, alpha=0.5),
    "multiply": lambda lib, a, b: a * b,
    "divide": lambda lib, a, b: a / b,
    "maximum": lambda lib, a, b: lib.maximum(a, b),
    "minimum": lambda lib, a, b: lib.minimum(a, b),
    "max of two": lambda lib, a, b: a.max(b),
    "clamp below by a tensor": lambda lib, a, b: a.clamp(min=b),
    "clamp above by a tensor": lambda lib, a, b: a.clamp(max=b),
    "lerp by a number": lambda lib, a, b: lib.lerp(a, b, 0.3),
    "where of tensors": lambda lib, a, b: lib.where(a > b, a, b * b),
    "fmod": lambda lib, a, b: lib.fmod(a, b),
    "remainder": lambda lib, a, b: lib.remainder(a, b),
}
SHAPES = {
    "": (distinct(3, 5), lambda g: 2.51 * distinct(3, 5)(g) + 0.013),
    ", broadcast": (lambda g: distinct(2, 1, 5)(g) + 0.03, distinct(3, 1)),
    ", channels": (lambda g: distinct(2, 3, 4, 5)(g) + 0.01, distinct(3, 1, 1)),
    ", no axes": (lambda g: distinct()(g) + 0.31, distinct()),
    ", empty": (normal(0, 5), normal(5)),
}
CASES = [both(name + kind, f, made) for name, f in TWO.items() for kind, made in SHAPES.items()]

CASES += [
    both("add, a scalar tensor", lambda lib, a, b: a + b, (normal(3, 5), normal())),
    both("add to itself", lambda lib, a: a + a, MATRIX),
    both("multiply by itself", lambda lib, a: a * a, MATRIX),
    both("divide by itself", lambda lib, a: a / a, (positive(5),)),
    both("add a number", lambda lib, a: a + 1.5, MATRIX),
    both("number plus", lambda lib, a: 2 + a, MATRIX),
    both("subtract a number", lambda lib, a: a - 1.5, MATRIX),
    both("number minus", lambda lib, a: 2 - a, MATRIX),
    both("multiply by a number", lambda lib, a: a * 1.5, MATRIX),
    both("number times", lambda lib, a: 3 * a, MATRIX),
    both("divide by a number", lambda lib, a: a / 3, MATRIX),
    both("number divided", lambda lib, a: 2 / a, (positive(3, 5),)),
    both("negative", lambda lib, a: -a, MATRIX),
    both("integers plus floats", lambda lib, a, b: a + b, (normal(3), integers(-3, 4, 2, 3))),
    both("floats times integers", lambda lib, a, b: b * a, (normal(3), integers(-3, 4, 2, 3))),
    both("floats times flags", lambda lib, a, b: b * a, (normal(3), flags(2, 3))),
    both("integers over integers", lambda lib, a, b: a / b, (integers(-5, 5, 3), integers(1, 5, 3)),
         smooth=False),
    both("divide, floor", lambda lib, a, b: lib.div(a, b, rounding_mode="floor"), PAIR,
         smooth=False),
    both("divide, trunc", lambda lib, a, b: lib.div(a, b, rounding_mode="trunc"), PAIR,
         smooth=False),
    both("divide integers, floor", lambda lib, a, b: lib.div(a, b, rounding_mode="floor"),
         (integers(-9, 9, 20), integers(1, 4, 20)), smooth=False),
    both("divide integers, trunc", lambda lib, a, b: lib.div(a, b, rounding_mode="trunc"),
         (integers(-9, 9, 20), integers(1, 4, 20)), smooth=False),
    both("floor_divide", lambda lib, a: a // 0.7, MATRIX, smooth=False),
    both("floor_divide of a number", lambda lib, a: lib.floor_divide(a, a) + 2 // a,
         (positive(4),), smooth=False),
    both("fmod of integers", lambda lib, a: a.fmod(4), (integers(-9, 9, 3, 5),), smooth=False),
    both("addcmul", lambda lib, a, b, c: lib.addcmul(a, b, c, value=-0.5),
         (normal(3, 5), normal(5), normal(3, 1))),
    both("addcdiv", lambda lib, a, b, c: a.addcdiv(b, c, value=2),
         (normal(3, 5), normal(5), positive(3, 1))),
    both("clamp_min", lambda lib, a: lib.clamp_min(a, 0.1), MATRIX),
    both("clamp_max", lambda lib, a, b: a.clamp_max(b), PAIR),
    both("other names", lambda lib, a, b: lib.divide(lib.multiply(a, lib.subtract(a, b)),
         lib.clip(lib.absolute(lib.negative(b)), 0.5)), PAIR),
    both("remainder of integers", lambda lib, a: a % 4, (integers(-9, 9, 3, 5),), smooth=False),
    both("remainder by a number", lambda lib, a: a % 0.7, MATRIX),
    Operation("number modulo", lambda a: 5 % a, (unit(7),)),  # no gradient in PyTorch
    both("square by power", lambda lib, a: a**2, MATRIX),
    both("cube", lambda lib, a: a**3, MATRIX),
    both("power 0", lambda lib, a: a**0, MATRIX),
    both("power 1/2", lambda lib, a: a**0.5, (positive(3, 5),)),
    both("power -1.5", lambda lib, a: lib.pow(a, -1.5), (positive(3, 5),)),
    both("power of tensors", lambda lib, a, b: a**b, (positive(3, 1), normal(2, 1, 4))),
    both("power of a number", lambda lib, a: 2.5**a, MATRIX),
    both("power of integers", lambda lib, a: a**3, (integers(-4, 4, 9),), smooth=False),
    both("where of numbers", lambda lib, c, a: lib.where(c, a, 1.5), (flags(2, 3), normal(3))),
    both("where, number first", lambda lib, c, a: lib.where(c, 2, a), (flags(3), normal(2, 3))),
    both("where, method", lambda lib, c, a, b: a.where(c, b), (flags(3), normal(3), normal(3))),
    both("where, two numbers", lambda lib, c: lib.where(c, 1.0, 0.0), (flags(3, 4),),
         smooth=False),
    both("masked_fill", lambda lib, a, c: a.masked_fill(c, -7), (normal(2, 3), flags(3))),
    both("masked_fill with a tensor", lambda lib, a, c, v: a.masked_fill(c, v),
         (normal(2, 3), flags(3), normal())),
    both("lerp by a tensor", lambda lib, a, b, w: lib.lerp(a, b, w),
         (normal(2, 3), normal(2, 3), unit(2, 3))),
    both("clamp", lambda lib, a: lib.clamp(a, -0.5, 0.75), MATRIX),
    both("clamp below", lambda lib, a: a.clamp(min=0), MATRIX),
    both("clamp above", lambda lib, a: a.clip(max=0.3), MATRIX),
    both("clamp integers", lambda lib, a: a.clamp(-2, 3), (integers(-9, 9, 9),), smooth=False),
    both("clamp integers below", lambda lib, a: a.clamp(max=3), (integers(-9, 9, 9),),
         smooth=False),
    both("clamp integers by a float", lambda lib, a: a.clamp(0.5), (integers(-9, 9, 9),),
         smooth=False),
    both("clamp by two tensors", lambda lib, a, b: a.clamp(b, b + 1), (normal(3, 5), normal(5))),
    both("clamp by a number and a tensor", lambda lib, a, b: a.clamp(lib.zeros_like(b), b),
         (normal(3, 5), positive(5))),
    both("heaviside", lambda lib, a, b: lib.heaviside(lib.round(a), b), (normal(9), normal()),
         smooth=False),
]  # fmt: skip
