"""Pointwise rules of numbers and truth values, with the gradients that need more than one pass."""

from __future__ import annotations

from dlcore.backend.interface.array import boolean
from dlcore.backend.interface.rule import ALL, BITS, NUMBERS, Rule, rule

ARITHMETIC: dict[str, Rule] = {
    "add": rule("a + b; or for bool", "a b", dtypes=ALL),
    "subtract": rule("a - b", "a b", dtypes=NUMBERS),
    "multiply": rule("a b; and for bool", "a b", dtypes=ALL),
    "divide": rule("a / b", "a b"),
    "floor_divide": rule(
        "floor(a / b), a / b where b = 0; unspecified for integers there", "a b", dtypes=NUMBERS
    ),
    "remainder": rule(
        "a - b floor(a / b), of b's sign; unspecified for integers where b = 0",
        "a b",
        dtypes=NUMBERS,
    ),
    "fmod": rule(
        "a - b trunc(a / b), of a's sign; unspecified for integers where b = 0",
        "a b",
        dtypes=NUMBERS,
    ),
    "power": rule(
        "a^b; of integers rounded toward 0, 0 for 1 / 0; (-Inf)^b is unspecified unless b is whole",
        "a b",
        dtypes=NUMBERS,
    ),
    "maximum": rule("the larger, NaN if either is", "a b", dtypes=ALL),
    "minimum": rule("the smaller, NaN if either is", "a b", dtypes=ALL),
    # A number stays unrounded: with 16-bit operands it is used in fp32.
    "add_number": rule("a + p; or for bool", "a", "p", dtypes=ALL),
    "multiply_number": rule("a p; and for bool", "a", "p", dtypes=ALL),
    "divide_number": rule("a / p", "a", "p"),
    "subtract_from": rule("p - a", "a", "p", dtypes=NUMBERS),
    "divide_into": rule("p / a", "a", "p"),
    "power_number": rule("a^p; p >= 0 for integers", "a", "p", dtypes=NUMBERS),
    "number_power": rule("p^a", "a", "p", dtypes=NUMBERS),
    "divide_gradient": rule("-dy y / b, for b of y = a / b", "dy y b"),
    "power_gradient": rule("dy b a^(b - 1), 0 where b = 0, for a of a^b", "dy a b"),
    "exponent_gradient": rule("dy y log a, 0 where a = 0 and b >= 0, for b of y = a^b", "dy a b y"),
    "power_number_gradient": rule("dy p a^(p - 1), 0 if p = 0", "dy a", "p"),
    "number_power_gradient": rule("dy y log p, 0 where p = 0 and a >= 0", "dy a y", "p"),
    "maximum_gradient": rule(
        "dy; dy / 2 where a = b, 0 where a < b: for a; with a and b exchanged: for b, or for a of "
        "the minimum",
        "dy a b",
    ),
    "negative": rule("-a", "a", dtypes=NUMBERS),
    "absolute": rule("|a|", "a", dtypes=NUMBERS),
    "absolute_gradient": rule("dy sign(x)", "dy x"),
    "sign": rule("1 where a > 0, -1 where a < 0, else 0, also for NaN", "a", dtypes=ALL),
    "square": rule("a a", "a", dtypes=NUMBERS),
    "square_gradient": rule("2 dy x", "dy x"),
    "clamp": rule(
        "the smaller of high and the larger of a and low; NaN stays",
        "a",
        "low high",
        dtypes=NUMBERS,
    ),
    "clamp_gradient": rule("dy where low <= x <= high, else 0", "dy x", "low high"),
    "where": rule("a where mask, else b", "mask a b", dtypes=ALL),
    "keep": rule("a where mask, else 0", "mask a", dtypes=ALL),
    "drop": rule("0 where mask, else a", "mask a", dtypes=ALL),
    "replace": rule("p where mask, else a", "mask a", "p", dtypes=ALL),
    "equal": rule("a = b", "a b", dtypes=ALL, result=boolean),
    "not_equal": rule("a != b, true for NaN", "a b", dtypes=ALL, result=boolean),
    "less": rule("a < b", "a b", dtypes=ALL, result=boolean),
    "less_equal": rule("a <= b", "a b", dtypes=ALL, result=boolean),
    "greater": rule("a > b", "a b", dtypes=ALL, result=boolean),
    "greater_equal": rule("a >= b", "a b", dtypes=ALL, result=boolean),
    "close": rule(
        "|a - b| <= atol + rtol |b|, or a = b; both NaN count as equal if nan",
        "a b",
        "rtol atol nan",
        dtypes=ALL,
        result=boolean,
    ),
    "isnan": rule("a is NaN", "a", dtypes=ALL, result=boolean),
    "isinf": rule("|a| = Inf", "a", dtypes=ALL, result=boolean),
    "isfinite": rule("a is neither NaN nor Inf", "a", dtypes=ALL, result=boolean),
    "logical_and": rule("a != 0 and b != 0", "a b", dtypes=ALL, result=boolean),
    "logical_or": rule("a != 0 or b != 0", "a b", dtypes=ALL, result=boolean),
    "logical_xor": rule("either a != 0 or b != 0", "a b", dtypes=ALL, result=boolean),
    "logical_not": rule("a = 0", "a", dtypes=ALL, result=boolean),
    "bitwise_and": rule("the bits set in both", "a b", dtypes=BITS),
    "bitwise_or": rule("the bits set in any", "a b", dtypes=BITS),
    "bitwise_xor": rule("the bits set in one", "a b", dtypes=BITS),
    "bitwise_not": rule("the bits not set; not a for bool", "a", dtypes=BITS),
    "sqrt_or_zero_gradient": rule("dy / (2 y), 0 where y = 0", "dy y"),
    "variance_gradient": rule("2 dv (x - m) / n", "dv x m", "n"),
    "logsumexp_gradient": rule("dy e^(x - y), for y = log sum e^x", "dy x y"),
    "norm_gradient": rule(
        "dy sign(x) (|x| / y)^(p - 1), 0 where x or y is 0, for y = (sum |x|^p)^(1/p)",
        "dy x y",
        "p",
    ),
}
