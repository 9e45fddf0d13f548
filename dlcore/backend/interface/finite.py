"""Whether all values are finite, and what a loss scale does then."""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS, Array, Spec, boolean, like
from dlcore.backend.interface.checks import require_dtype
from dlcore.backend.interface.primitive import primitive


@primitive
def all_finite(x: Array) -> Array:
    """flag = no element of x is NaN or Inf.

    Shapes: x: any; flag: (), bool. An empty x is finite.

    Raises:
        DtypeError: x is not floating point.
    """
    require_dtype("all_finite", "x", x, FLOATS)
    return Spec((), boolean)


@primitive
def update_scale(
    scale: Array,
    streak: Array,
    finite: Array,
    *,
    growth_factor: float,
    backoff_factor: float,
    growth_interval: int,
) -> tuple[Array, Array]:
    """The loss scale and the count of good steps after a step.

    A bad step (finite is false) multiplies the scale by `backoff_factor` and ends the streak; the
    `growth_interval`-th good step in a row multiplies it by `growth_factor`,
    unless that is infinite, and starts a new one.

    Shapes: (), all. Dtypes: scale fp32, streak int32, finite bool. Outputs may be the inputs.
    Source: Micikevicius et al., Mixed Precision Training, 2018; PyTorch's GradScaler.
    """
    return like(scale), like(streak)
