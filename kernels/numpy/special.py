"""The error function and its complement, to the last bits of float64.

Source: W. J. Cody, Rational Chebyshev approximations for the error function, Mathematics of
Computation 23, 1969: one quotient of polynomials for each of |x| <= 0.46875, up to 4, and beyond.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.kernels.numpy.wide import Array

# Coefficients from the highest power down.
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip


def _quotient(coefficients: Any, t: Array) -> Array:
    above, below = (np.full_like(t, row[0]) for row in coefficients)
    for numerator, denominator in zip(coefficients[0][1:], coefficients[1][1:], strict=True):
        above, below = above * t + numerator, below * t + denominator
    return above / below


def _tail(size: Array) -> Array:
    """Erfc of sizes above 0.46875."""
    inverse = 1 / (size * size)
    far = (np.pi**-0.5 - inverse * _quotient(_FAR, inverse)) / size
    near = _quotient(_MIDDLE, np.minimum(size, 4))
    # e^(-s s) from the rounded square would lose digits: s is split in a short and a small part.
    short = np.trunc(size * 16) / 16
    power = np.exp(-short * short) * np.exp(-(size - short) * (size + short))
    return np.where(size <= 4, near, far) * np.where(np.isinf(size), 0, power)


def erf(x: Array) -> Array:
    size = np.abs(x)
    near = x * _quotient(_NEAR, np.minimum(size, 1) ** 2)
    return np.where(size <= 0.46875, near, np.copysign(1 - _tail(size), x))


def erfc(x: Array) -> Array:
    size = np.abs(x)
    near = 1 - x * _quotient(_NEAR, np.minimum(size, 1) ** 2)
    tail = _tail(size)
    return np.where(size <= 0.46875, near, np.where(x < 0, 2 - tail, tail))
