"""The check that all optimizers and schedules make on their numbers."""

from __future__ import annotations

from math import inf

from dlcore.errors import OptionError


def require_in(owner: str, option: str, value: float, low: float, high: float = inf) -> None:
    """Refuse a number outside [low, high], NaN, and infinity."""
    if not low <= value <= high or value == inf:
        span = f">= {low:g}" if high == inf else f"from {low:g} to {high:g}"
        raise OptionError(
            owner,
            expected=f"{option} {span}",
            received=repr(value),
            remedy=f"choose another {option}",
        )
