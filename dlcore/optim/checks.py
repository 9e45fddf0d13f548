"""The checks that optimizers and schedules make on their numbers."""

from __future__ import annotations

from math import inf
from typing import TypeVar

from dlcore.errors import OptionError

T = TypeVar("T")


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


def require_count(owner: str, option: str, value: object) -> None:
    """Refuse what is no integer of at least 1."""
    if not isinstance(value, int) or value < 1:
        raise OptionError(
            owner,
            expected=f"{option} as an integer of at least 1",
            received=repr(value),
            remedy=f"choose another {option}",
        )


def for_each(owner: str, option: str, value: T | list[T] | tuple[T, ...], groups: int) -> list[T]:
    """A value for each parameter group, from those or from one for all of them."""
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise OptionError(
            owner,
            expected=f"one {option}, or one for each of {groups} parameter groups",
            received=f"{len(value)} of them",
            remedy="give as many as the optimizer has groups",
        )
    return list(value)
