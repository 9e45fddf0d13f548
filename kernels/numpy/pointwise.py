"""One element in, one element out: the rules are in `arithmetic`, `elementwise`, `activation`."""

from __future__ import annotations

from dlcore.kernels.numpy import activation, arithmetic, elementwise
from dlcore.kernels.numpy.wide import Array, wide

_RULES = {**arithmetic.RULES, **elementwise.RULES, **activation.RULES}


def pointwise(*arrays: Array, rule: str, parameters: tuple[float, ...]) -> None:
    *operands, y = arrays
    y[...] = _RULES[rule](*map(wide, operands), *parameters)
